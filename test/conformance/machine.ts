import { expect } from 'vitest';
import type { WaitOptions } from '../../src/core/index.ts';
import type { Client, Machine } from '../../src/interfaces/index.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { checkName, isDeviceFault, methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Machine>;

/** A machine that is off. */
export interface MachineSpecimen extends Specimen<Calls> {
  /** Switches the machine on, which it tells as an event. */
  switchOn(): void | Promise<void>;
  /** The size that its disk is going to have, in bytes, where that can be seen. */
  diskSize?(): number | Promise<number>;
}

const method = methodChecksOf<Calls, MachineSpecimen>();
const NOT_A_SIZE = [['a lot'], [-1], [], ['1GiB', 'one too many']];
const isNotEmpty = (text: string) => expect(text).not.toBe('');

/** Begins to listen; whatever `calls` does once this has resolved is heard. */
async function listen(calls: Calls): Promise<{ next(): Promise<string> }> {
  const events = calls.events()[Symbol.asyncIterator]();
  let coming = events.next();
  coming.catch(() => undefined);
  await calls.describe(); // Answered only once the machine has got to the call before.
  return {
    next: async () => {
      const { done, value } = await coming;
      expect(done, 'events have no end').toBe(false);
      coming = events.next();
      coming.catch(() => undefined);
      return value.event;
    },
  };
}

/** What a machine says of its faults at first. */
async function firstFault(calls: Calls, options?: WaitOptions) {
  for await (const { fault } of calls.faults(options)) return fault;
  throw new Error('the stream of faults has ended');
}

const eventChecks: readonly Check<MachineSpecimen>[] = [
  {
    name: checkName('events', 'success'),
    run: async (specimen) => {
      const events = await listen(specimen.calls);
      await specimen.switchOn();
      expect(await events.next()).toMatch(/^[A-Z_]+$/);
    },
  },
  {
    name: checkName('events', 'deviceGone'),
    run: async (specimen) => {
      const events = await listen(specimen.calls);
      await specimen.switchOn();
      await events.next();
      await specimen.breakDevice();
      // Whoever waits for an event must not wait for a machine that is no more: it is told, or the stream breaks.
      const [outcome] = await Promise.allSettled([events.next()]);
      if (outcome.status === 'rejected') expect(outcome.reason).toSatisfy(isDeviceFault);
    },
  },
  {
    name: checkName('events', 'clientGone'),
    run: async (specimen) => {
      const other = await specimen.secondClient();
      const stall = specimen.stall?.('events');
      const theirs = await listen(other.calls);
      await other[Symbol.asyncDispose]();
      await expect(theirs.next()).rejects.toMatchObject({ code: 'unreachable' });
      await stall?.over;
      const ours = await listen(specimen.calls);
      await specimen.switchOn();
      expect(await ours.next()).toMatch(/^[A-Z_]+$/);
    },
  },
  {
    name: checkName('events', 'secondClient'),
    run: async (specimen) => {
      await using other = await specimen.secondClient();
      const ours = await listen(specimen.calls);
      const theirs = await listen(other.calls);
      await specimen.switchOn();
      expect(await theirs.next()).toBe(await ours.next());
    },
  },
];

const NOT_A_NAME = [['no name'], [5], [], ['name', 'one too many']];
let saved = 0;

/** The machine is on, and saved under these names. */
const savedAs =
  (...names: string[]) =>
  async ({ calls, switchOn }: MachineSpecimen) => {
    await switchOn();
    const known = (await calls.snapshotList()).map(({ name }) => name);
    for (const name of names) if (!known.includes(name)) await calls.snapshotSave(name, null);
  };

/** Whose call it is: each deletes a snapshot of its own. */
const firsts = new WeakSet<Calls>();
const ownName = (calls: Calls) => (firsts.has(calls) ? 'first' : 'second');

/** The fork that a client has made last. */
const forked = new WeakMap<Calls, string>();

/** Keeps none ready, and goes on with it after it has told how the pool is. */
async function keepPool(calls: Calls, from: string, options?: WaitOptions) {
  const news = calls.poolKeep({ from, min: 0, max: 4 }, options)[Symbol.asyncIterator]();
  const { done, value } = await news.next();
  if (done) throw new Error('the pool has ended');
  return value;
}

const snapshotChecks: readonly Check<MachineSpecimen>[] = [
  ...method({
    method: 'snapshotSave',
    prepare: ({ switchOn }) => Promise.resolve(switchOn()),
    call: (calls, options) => calls.snapshotSave(`ready-${++saved}`, null, options),
    expect: async ({ name, forks }, { calls }) => {
      expect(forks).toEqual([]);
      expect(await calls.snapshotList()).toContainEqual(expect.objectContaining({ name }));
    },
    wrong: NOT_A_NAME,
    together: 'busy',
  }),
  ...method({
    method: 'snapshotList',
    prepare: savedAs('ready'),
    call: (calls, options) => calls.snapshotList(options),
    expect: (list) => expect(list.map(({ name }) => name)).toContain('ready'),
    together: 'shared',
  }),
  ...method({
    method: 'snapshotRestore',
    prepare: async (specimen) => {
      await savedAs('ready')(specimen);
      await specimen.calls.setMemorySize('96MiB');
    },
    call: (calls, options) => calls.snapshotRestore('ready', options),
    expect: async (_, { calls }) => expect((await calls.describe()).memory).not.toBe(96 * 2 ** 20),
    wrong: NOT_A_NAME,
    together: 'busy',
  }),
  ...method({
    method: 'snapshotDelete',
    prepare: async (specimen) => {
      firsts.add(specimen.calls);
      await savedAs('first', 'second')(specimen);
    },
    call: (calls, options) => calls.snapshotDelete(ownName(calls), options),
    expect: async (_, { calls }) =>
      expect((await calls.snapshotList()).map(({ name }) => name)).not.toContain(ownName(calls)),
    wrong: NOT_A_NAME,
    together: 'shared',
  }),
  ...method({
    method: 'fork',
    prepare: savedAs('ready'),
    call: (calls, options) => calls.fork({ from: 'ready' }, options),
    expect: async ({ name }, { calls }) => {
      const [ready] = (await calls.snapshotList()).filter((snapshot) => snapshot.name === 'ready');
      expect(ready?.forks).toContain(name);
    },
    wrong: [[{ from: 'no name' }], [{ of: 'ready' }], [{ renew: 'yes' }], [5], [null, 'one too many']],
    together: 'shared',
  }),
  ...method({
    method: 'forkEnd',
    prepare: async (specimen) => {
      await savedAs('ready')(specimen);
      forked.set(specimen.calls, (await specimen.calls.fork({ from: 'ready' })).name);
    },
    call: (calls, options) => calls.forkEnd(forked.get(calls) ?? 'nobody', options),
    expect: async (_, { calls }) => {
      const names = (await calls.snapshotList()).flatMap(({ forks }) => forks);
      expect(names).not.toContain(forked.get(calls));
    },
    wrong: [[5], [], ['fork', 'one too many']],
    together: 'shared',
  }),
  ...method({
    method: 'poolKeep',
    kind: 'stream',
    prepare: async (specimen) => {
      firsts.add(specimen.calls);
      await savedAs('first', 'second')(specimen);
    },
    call: (calls, options) => keepPool(calls, ownName(calls), options),
    expect: async ({ from, min, max }, { calls }) => {
      expect({ from, min, max }).toEqual({ from: 'first', min: 0, max: 4 });
      expect((await calls.poolList()).map((pool) => pool.from)).toContain('first');
    },
    wrong: [[{ from: 'first', min: 2, max: 1 }], [{ from: 'first' }], [5], []],
    together: 'shared',
  }),
  ...method({
    method: 'poolFollow',
    kind: 'stream',
    prepare: async (specimen) => {
      await savedAs('ready')(specimen);
      const known = (await specimen.calls.poolList()).map(({ from }) => from);
      if (!known.includes('ready')) await keepPool(specimen.calls, 'ready');
    },
    call: async (calls, options) => {
      for await (const info of calls.poolFollow('ready', options)) return info;
      throw new Error('the pool has ended');
    },
    expect: (info) => expect(info).toMatchObject({ from: 'ready', min: 0, max: 4 }),
    wrong: NOT_A_NAME.filter((args) => args.length > 0),
    together: 'shared',
  }),
  ...method({
    method: 'poolClaim',
    prepare: async (specimen) => {
      await savedAs('ready')(specimen);
      const known = (await specimen.calls.poolList()).map(({ from }) => from);
      if (!known.includes('ready')) await keepPool(specimen.calls, 'ready');
    },
    call: (calls, options) => calls.poolClaim({ from: 'ready' }, options),
    expect: async ({ name }, { calls }) => {
      expect((await calls.poolList()).find(({ from }) => from === 'ready')).toMatchObject({ claimed: 1 });
      const [ready] = (await calls.snapshotList()).filter((snapshot) => snapshot.name === 'ready');
      expect(ready?.forks).toContain(name);
    },
    wrong: [[{ from: 'no name' }], [{ of: 'ready' }], [5], [null, 'one too many']],
    together: 'shared',
  }),
  ...method({
    method: 'poolList',
    call: (calls, options) => calls.poolList(options),
    expect: (list) => expect(list).toEqual([]),
    together: 'shared',
  }),
  ...method({
    method: 'poolEnd',
    call: (calls, options) => calls.poolEnd('nobody', options),
    expect: async (_, { calls }) => expect(await calls.poolList()).toEqual([]),
    wrong: [[5], [], ['ready', 'one too many']],
    together: 'shared',
  }),
];

/** What every driver of `machine.v1` must do. */
export const machineChecks: readonly Check<MachineSpecimen>[] = [
  ...method({
    method: 'getHostname',
    call: (calls, options) => calls.getHostname(options),
    expect: isNotEmpty,
    together: 'shared',
  }),
  ...method({
    method: 'getUsername',
    call: (calls, options) => calls.getUsername(options),
    expect: isNotEmpty,
    together: 'shared',
  }),
  ...method({
    method: 'getPassword',
    call: (calls, options) => calls.getPassword(options),
    expect: isNotEmpty,
    together: 'shared',
  }),
  ...method({
    method: 'setDiskSize',
    call: (calls, options) => calls.setDiskSize('10GiB', options),
    expect: async (_, { diskSize }) => {
      if (diskSize) expect(await diskSize()).toBe(10 * 2 ** 30);
    },
    wrong: NOT_A_SIZE,
    together: 'shared',
  }),
  ...method({
    method: 'setMemorySize',
    call: (calls, options) => calls.setMemorySize('256MiB', options),
    expect: async (_, { calls }) => expect((await calls.describe()).memory).toBe(256 * 2 ** 20),
    wrong: NOT_A_SIZE,
    together: 'shared',
  }),
  ...method({
    method: 'describe',
    call: (calls, options) => calls.describe(options),
    expect: ({ accelerator }) => isNotEmpty(accelerator.reason),
    together: 'shared',
  }),
  ...eventChecks,
  ...method({
    method: 'faults',
    kind: 'stream',
    call: (calls, options) => firstFault(calls, options),
    expect: (fault) => expect(fault).toBe(null),
    together: 'shared',
  }),
  ...snapshotChecks,
];

export const describeMachine = (title: string, open: OpenSpecimen<MachineSpecimen>) =>
  describeChecks(title, machineChecks, open);
