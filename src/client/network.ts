import type { WaitOptions } from '../core/index.ts';
import { type ByteChannel, Network, TcpNetwork } from '../interfaces/index.ts';
import { duplexOf } from './duplex.ts';
import {
  type Forward,
  openForward,
  openUnixForward,
  type PortForwardOptions,
  type UnixForward,
  type UnixForwardOptions,
} from './forward.ts';
import { registerHandle } from './handles.ts';
import type { RemoteNode, SessionInfo } from './node.ts';

/** A network endpoint of the device. */
export interface NetworkHandle {
  /** Opens one connection. */
  connect(options?: WaitOptions): Promise<ByteChannel>;
  /** Offers the endpoint on this host, at 127.0.0.1 (port 0 or none: one that is free) or as a Unix socket. */
  forward(options?: PortForwardOptions): Promise<Forward>;
  forward(options: UnixForwardOptions): Promise<UnixForward>;
}

/** An endpoint whose address is told, for those who can reach it without us. */
export interface TcpNetworkHandle extends NetworkHandle {
  /** `tcp://HOST:PORT`, as the exporter's host sees it. */
  address(options?: WaitOptions): Promise<string>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'network.v1': NetworkHandle;
    'tcp-network.v1': TcpNetworkHandle;
  }
}

/** `forward` of a node whose connections are opened by `open`. */
export function createForward(
  session: SessionInfo,
  open: () => Promise<ByteChannel>,
): NetworkHandle['forward'] {
  const connect = async () => duplexOf(await open(), { allowHalfOpen: true });
  function forward(options?: PortForwardOptions): Promise<Forward>;
  function forward(options: UnixForwardOptions): Promise<UnixForward>;
  function forward(options: PortForwardOptions | UnixForwardOptions = {}) {
    return 'path' in options
      ? openUnixForward(session, connect, options)
      : openForward(session, connect, options);
  }
  return forward;
}

function createNetwork({ calls, session }: RemoteNode<typeof Network>): NetworkHandle {
  return {
    connect: (options) => calls.connect(undefined, options),
    forward: createForward(session, () => calls.connect()),
  };
}

registerHandle(Network, createNetwork);
registerHandle(TcpNetwork, (node): TcpNetworkHandle => {
  const { calls, session } = node;
  const network = createNetwork({ ...node, session, calls: { connect: calls.connect } });
  return { ...network, address: (options) => calls.address(options) };
});
