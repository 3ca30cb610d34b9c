/** What a guest does before its start rests as `warm`. That it is worth it a real guest shows (`npm run bench:fork`). */
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import type { PowerOn } from '../../../src/drivers/qemu/machine/machine-parts.ts';
import { warmUp } from '../../../src/drivers/qemu/snapshots/warm-up.ts';
import { KEYS } from '../../fixtures/boot-sector.ts';
import type { Manners } from '../../fixtures/fake-agent.ts';
import {
  caller,
  fakeQemu,
  openTestMachine,
  readUntil,
  realQemu,
  type TestMachine,
  type,
} from './test-machine.ts';

const log = createLog('silent');
const withAgent = (manners: Manners | 'plain') => openTestMachine(fakeQemu('--agent', manners));

/** Has a start of it rest as soon as its guest is warm. */
const rest = ({ machine, prepare }: TestMachine, warmed: PowerOn['warmUp']) =>
  machine.rest('warm', 'fork', caller(), async () => ({ ...(await prepare()), warmUp: warmed }));

/** What its trail has of its CPUs and its power. */
const told = async (it: TestMachine) => (await it.timeline()).filter((event) => event !== 'VSERPORT_CHANGE');

test('its CPUs run meanwhile, and stand still again; nobody is told that it is on', async () => {
  await using it = await withAgent('plain');
  const asked: string[] = [];
  await rest(it, async (agent, signal) => {
    const ask = agent.ask.bind(agent);
    agent.ask = async (command, ...rest) => {
      asked.push(command);
      return await ask(command, ...rest);
    };
    await warmUp(agent, true, { log, signal });
  });
  expect([...new Set(asked)]).toEqual(['guest-set-time', 'guest-exec', 'guest-exec-status']);
  expect(it.machine.resting).toBeDefined();
  expect(await it.machine.state()).toBe('off');
  await expect.poll(() => told(it)).toEqual(['RESUME', 'STOP']);
  await it.machine.on(caller());
  expect(await it.machine.state()).toBe('running');
  await expect.poll(() => told(it)).toEqual(['RESUME', 'STOP', 'POWER_ON', 'RESUME']);
});

test('it is left as soon as somebody waits', async () => {
  await using it = await withAgent('silent');
  const [hurry, begun] = [new AbortController(), Promise.withResolvers<void>()];
  const resting = rest(it, async (agent, signal) => {
    begun.resolve();
    await warmUp(agent, true, { log, hurry: hurry.signal, signal });
  });
  await begun.promise;
  hurry.abort();
  await resting;
  expect(it.machine.resting).toBeDefined();
  await expect.poll(() => told(it)).toEqual(['RESUME', 'STOP']);
  await it.machine.on(caller());
});

test('an agent that refuses is no reason against it', async () => {
  await using it = await withAgent('restricted');
  const outcomes: boolean[] = [];
  for (const [round, isOwn] of [true, false].entries()) {
    await rest(it, async (agent, signal) => outcomes.push(await warmUp(agent, isOwn, { log, signal })));
    expect(it.machine.resting).toBeDefined();
    const runs = async () => (await told(it)).filter((event) => event === 'RESUME' || event === 'STOP');
    await expect.poll(runs).toEqual(['RESUME', 'STOP', 'RESUME', 'STOP'].slice(0, 2 * (round + 1)));
  }
  // Its randomness is its own only where it was before.
  expect(outcomes).toEqual([true, false]);
});

test('whoever gives it up gets his reason, and no QEMU is left', async () => {
  await using it = await withAgent('silent');
  const [begun, call] = [Promise.withResolvers<number | undefined>(), caller()];
  const resting = it.machine.rest('warm', 'fork', call, async () => ({
    ...(await it.prepare()),
    warmUp: async (agent, signal) => {
      begun.resolve(undefined);
      await warmUp(agent, true, { log, signal });
    },
  }));
  await begun.promise;
  call.abort(new Error('enough'));
  await expect(resting).rejects.toThrow('enough');
  expect(it.machine.resting).toBeUndefined();
  await expect.poll(async () => (await it.timeline()).at(-1)).toBe('EXIT');
});

test.each([fakeQemu(), realQemu])(
  'a guest that panics meanwhile is nothing to rest: $name',
  async (program) => {
    await using it = await openTestMachine(program);
    const resting = rest(it, async (_, signal) => {
      const tty = it.open('boot');
      await readUntil(tty, 'ready\r\n');
      await type(tty, KEYS.panic);
      for await (const { fault } of it.machine.faults(signal)) if (fault) break;
    });
    await expect(resting).rejects.toMatchObject({ code: 'device' });
    expect(it.machine.resting).toBeUndefined();
  },
);
