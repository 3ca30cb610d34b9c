import type { Pace } from '../core/index.ts';
import { Machine } from '../interfaces/index.ts';
import type { RemoteNode, SessionInfo } from './node.ts';

/** Of devices that say nothing of it. */
const UNHURRIED: Pace = { factor: 1, reason: '' };

const known = new WeakMap<SessionInfo, Map<string, Promise<Pace>>>();

/** How much more time the machine needs that `node` is, or is in. It is asked once in a session. */
export function paceOf(node: RemoteNode): Promise<Pace> {
  const machine = node.nearest(Machine);
  if (!machine?.extended) return Promise.resolve(UNHURRIED);
  const { session, path } = machine;
  const paces = known.get(session) ?? new Map<string, Promise<Pace>>();
  known.set(session, paces);
  const asked = paces.get(path) ?? machine.calls.describe().then(({ pace }) => pace ?? UNHURRIED);
  paces.set(path, asked);
  // The next one asks again.
  asked.catch(() => paces.delete(path));
  return asked;
}
