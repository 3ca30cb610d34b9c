import {
  BusyError,
  ConfigError,
  type Log,
  NotFoundError,
  StateError,
  UnsupportedError,
} from '../../core/index.ts';
import type { CallContext, DriverNode, Offer, OfferedSession } from '../../driver/index.ts';
import type { Handlers, Machine, PowerState, SnapshotInfo } from '../../interfaces/index.ts';
import { Pools } from '../std/index.ts';

/** What a fake machine is, as far as a snapshot keeps it. */
export interface FakeState {
  readonly power: PowerState;
  readonly memory: number;
  readonly diskSize: number;
}

export interface FakeSnapshotsParts {
  readonly state: () => FakeState;
  readonly become: (state: FakeState) => void;
  /** Opens a machine that is in such a state. */
  readonly open: (state: FakeState, offer: Offer) => Promise<DriverNode>;
  readonly offer: Offer | undefined;
  readonly log: Log;
}

interface Saved {
  readonly info: Omit<SnapshotInfo, 'forks' | 'machines'>;
  readonly state: FakeState;
  readonly forks: Set<string>;
}

type SnapshotMethods = Pick<
  Handlers<typeof Machine, CallContext>,
  | 'snapshotSave'
  | 'snapshotList'
  | 'snapshotRestore'
  | 'snapshotDelete'
  | 'fork'
  | 'forkEnd'
  | 'poolKeep'
  | 'poolFollow'
  | 'poolClaim'
  | 'poolList'
  | 'poolEnd'
>;

/** Snapshots of a machine that takes no room. */
export function fakeSnapshots({ state, become, open, offer, log }: FakeSnapshotsParts): SnapshotMethods {
  const snapshots = new Map<string, Saved>();
  const sessions = new Map<string, OfferedSession>();
  let forked = 0;
  const describe = ({ info, forks }: Saved): SnapshotInfo => ({
    ...info,
    forks: [...forks],
    machines: [...forks].map((name) => ({ name, memory: 0, disk: 0 })),
  });
  const find = (name: string): Saved => {
    const known = [...snapshots.keys()];
    const found = snapshots.get(name);
    if (found) return found;
    throw new NotFoundError(`there is no snapshot ${name}`, { what: 'snapshot', missing: name, known });
  };
  const save = (name: string, ahead = 0): Saved => {
    const now = state();
    if (now.power === 'off') throw new StateError('the machine is off', { state: 'off', needed: 'running' });
    const created = new Date().toISOString();
    return { info: { name, created, pause: 0, memory: 0, disk: 0, ahead }, state: now, forks: new Set() };
  };
  const openFork = async (from: Saved, own: Offer) => {
    const name = `fork-${++forked}`;
    const node = await open(from.state, own);
    from.forks.add(name);
    const close = async () => {
      from.forks.delete(name);
      sessions.delete(name);
      await node.close?.();
    };
    return { name, root: { ...node, close } };
  };
  const pools = new Pools({
    ...{ offer, log },
    check: (from) => void find(from),
    open: async ({ from, offer: own }) => {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const { name, root } = await openFork(find(from), own);
      const end = async () => {
        await root.close();
        resolve();
      };
      return { name, root, ended, steps: {}, start: async () => undefined, [Symbol.asyncDispose]: end };
    },
    onServed: (name, session) => void sessions.set(name, session),
    onEnded: (name) => void sessions.delete(name),
  });
  return {
    ...pools.methods,
    snapshotSave: async (name, options) => {
      const message = `got ${JSON.stringify(name)}, which is there already`;
      if (snapshots.has(name)) throw new ConfigError(message, { issues: [{ path: 'name', message }] });
      const saved = save(name, options?.ahead);
      snapshots.set(name, saved);
      return describe(saved);
    },
    snapshotList: async () => [...snapshots.values()].map(describe),
    snapshotRestore: async (name) => {
      become(find(name).state);
      return null;
    },
    snapshotDelete: async (name) => {
      const { forks, info } = find(name);
      const holder = [...forks].join(', ');
      if (holder) throw new BusyError(`${holder} lives`, { holder, since: info.created });
      snapshots.delete(name);
      return null;
    },
    fork: async (options, { peer }) => {
      if (!offer)
        throw new UnsupportedError('forks are not served here', { capability: 'fork', available: [] });
      const from = options?.from === undefined ? save('live') : find(options.from);
      let name = '';
      const session = await offer(async (own) => {
        const fork = await openFork(from, own);
        name = fork.name;
        return fork;
      }, peer);
      sessions.set(name, session);
      const { driver, localToken } = session;
      return { name, driver, token: peer.local ? localToken : null, steps: {} };
    },
    forkEnd: async (name) => {
      await sessions.get(name)?.end();
      return null;
    },
  };
}
