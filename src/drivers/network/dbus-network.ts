import { z } from 'zod';
import { type Driver, defineDriver } from '../../driver/index.ts';
import { Network } from '../../interfaces/index.ts';
import { connectSocket } from '../std/index.ts';
import { findDbus } from './dbus-address.ts';

/** The configuration of `dbusNetwork`. */
export const DbusConfig = z.strictObject({
  /** Which bus of the exporter's host. */
  kind: z.enum(['system', 'session']),
});

const define = defineDriver({
  name: 'dbus-network',
  interface: Network,
  config: DbusConfig,
  pythonClient: 'jumpstarter_driver_network.client.DbusNetworkClient',
  open: ({ kind }) => {
    const { where, text } = findDbus(kind, process.env, process.getuid?.() ?? 0);
    return { connect: (_, { signal }) => connectSocket(where, text, signal) };
  },
});

/** A message bus of the exporter's host: one connection per stream. Python's client looks for the kind in a label. */
export function dbusNetwork(config: z.input<typeof DbusConfig>): ReturnType<typeof define> {
  const driver = define(config);
  const labels = { 'jumpstarter.dev/dbusnetwork/kind': config.kind };
  const open: Driver<typeof Network>['open'] = async (context) => ({
    ...(await driver.open(context)),
    labels,
  });
  return { ...driver, open };
}
