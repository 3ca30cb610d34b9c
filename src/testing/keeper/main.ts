import { once } from 'node:events';
import { createLog } from '../../core/index.ts';
import { openSession } from '../../exporter/index.ts';
import { KEEPER } from './contract.ts';
import { MachineRoom } from './machine-room.ts';

/** What the keeper tells whoever started it. */
export interface KeeperOpened {
  /** The private socket at which the machines are claimed. */
  readonly socket: string;
}

/**
 * Keeps the machines of a run of tests until whoever started it lets go of the channel between them, or is no more: however that one
 * ends, everything is closed in order.
 */
export async function main(): Promise<number> {
  const gone = process.connected ? once(process, 'disconnect') : Promise.resolve([]);
  const told = new Promise((resolve) => process.once('SIGTERM', resolve));
  // Ctrl-C reaches all programs of a terminal: it is for the runner of the tests.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const log = createLog('error');
  const room = new MachineRoom(log);
  const driver = { name: 'test-machines', ...KEEPER, open: async () => room.node };
  const session = await openSession(driver, { log });
  process.send?.({ socket: session.socket } satisfies KeeperOpened);
  await Promise.race([gone, told]);
  await session.close();
  return 0;
}
