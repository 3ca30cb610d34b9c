import { Network } from '../../../../src/interfaces/index.ts';
import { dash, defineRow } from '../row.ts';

const NO_VSOCK =
  'The machines of this test have no vsock that they could reach themselves by (neither `vsock_loopback` nor `/dev/vhost-vsock`); the plan, and what is made of `socat`, have tests of their own.';

/** A vsock port. */
export const vsock = defineRow({
  name: 'vsock',
  title: 'network: vsock',
  rig: Network,
  open: () => ({ facts: {} }),
  tsTs: dash(NO_VSOCK),
  tsPy: dash(NO_VSOCK),
  pyTs: dash(NO_VSOCK),
  jTs: dash(NO_VSOCK),
  jlPy: dash(NO_VSOCK),
});
