import { z } from 'zod';
import { call, defineInterface, sink, source } from './contract.ts';

const methods = {
  host: call('Connect the storage to the host', { returns: z.null(), idempotent: true }),
  dut: call('Connect the storage to the device', { returns: z.null(), idempotent: true }),
  off: call('Disconnect the storage', { returns: z.null(), idempotent: true }),
  write: call('Write the storage', { args: [source('source')], returns: z.null() }),
  read: call('Read the storage', { args: [sink('target')], returns: z.null() }),
};

/** A storage medium that is switched between the host, which writes it, and the device, which boots from it. */
export const StorageMux = defineInterface(
  'storage-mux.v1',
  { pythonClient: 'jumpstarter_driver_opendal.client.StorageMuxClient', category: 'storage' },
  methods,
);

/** The same medium; its clients flash it as a whole, and give it to the device afterwards. */
export const StorageMuxFlasher = defineInterface(
  'storage-mux-flasher.v1',
  { pythonClient: 'jumpstarter_driver_opendal.client.StorageMuxFlasherClient', category: 'storage' },
  methods,
);
