/** Who boots the machine that workers share, on the fake of one. */
import { setImmediate } from 'node:timers/promises';
import { fakeMachine } from 'jumplead/fake';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../src/core/index.ts';
import type { ClaimedMachine } from '../../src/testing/keeper/contract.ts';
import { SharedMachine } from '../../src/testing/keeper/shared-machine.ts';

let machine: SharedMachine;
beforeEach(() => {
  const parts = { name: 'fake-1', driver: fakeMachine(), artifacts: undefined, log: createLog('silent') };
  machine = new SharedMachine(parts);
});
afterEach(() => machine[Symbol.asyncDispose]());

/** Claims the machine; `leave` is what a worker does whose test has ended, or that was killed. */
function claim() {
  const gone = new AbortController();
  const claims = machine.claim(gone.signal);
  const first = claims.next().then(({ value }) => value as ClaimedMachine);
  first.catch(() => undefined);
  const leave = async () => {
    gone.abort(new Error('the worker has gone'));
    await claims.return(undefined);
  };
  return { first, leave };
}

test('one boots it, and all others get it when it is ready', async () => {
  const [one, two, three] = [claim(), claim(), claim()];
  const { boots, socket } = await one.first;
  expect(boots).toBe(true);
  machine.becomeReady();
  await one.leave();
  expect(await two.first).toEqual({ machine: 'fake-1', socket, boots: false });
  expect(await three.first).toEqual({ machine: 'fake-1', socket, boots: false });
});

test('when whoever boots it is killed, the next one begins anew', async () => {
  const [one, two, three] = [claim(), claim(), claim()];
  const { socket } = await one.first;
  await two.leave();
  await one.leave();
  const next = await three.first;
  expect(next.boots).toBe(true);
  expect(next.socket).not.toBe(socket);
});

test('one that does not get ready is not waited for again', async () => {
  const [one, two] = [claim(), claim()];
  await one.first;
  await machine.fail('no prompt within 10 m');
  await one.leave();
  await expect(two.first).rejects.toThrow('did not get ready in this run: no prompt within 10 m');
  await expect(claim().first).rejects.toThrow('no prompt');
});

test('whoever closes it waits for what somebody else has begun to close', async () => {
  const [begun, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const fake = fakeMachine();
  const events: string[] = [];
  const close = async () => {
    begun.resolve();
    await rest.promise;
    events.push('closed');
  };
  const driver: typeof fake = {
    ...fake,
    open: async (context) => ({ ...(await fake.open(context)), close }),
  };
  machine = new SharedMachine({ name: 'slow', driver, artifacts: undefined, log: createLog('silent') });
  const one = claim();
  await one.first;
  const left = one.leave();
  await begun.promise;
  const closed = machine[Symbol.asyncDispose]().then(() => [...events]);
  await setImmediate();
  rest.resolve();
  expect(await closed).toEqual(['closed']);
  await left;
});
