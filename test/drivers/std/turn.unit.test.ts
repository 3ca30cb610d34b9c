import { expect, it } from 'vitest';
import { raceSignal } from '../../../src/core/index.ts';
import { Turn } from '../../../src/drivers/std/index.ts';
import { callContext } from '../open-driver.ts';

/** A call that goes on until its signal aborts. */
const endless = (signal: AbortSignal) => raceSignal(new Promise<never>(() => undefined), signal);

it('refuses a second call and says who is at it', async () => {
  const turn = new Turn();
  const finish = Promise.withResolvers<string>();
  const first = turn.take('flasher.flash', callContext({ peer: 'connection 1' }), () => finish.promise);
  await expect(turn.take('power.on', callContext(), async () => 'never')).rejects.toMatchObject({
    code: 'busy',
    holder: 'connection 1',
    operation: 'power.on',
  });
  finish.resolve('flashed');
  expect(await first).toBe('flashed');
  expect(await turn.take('power.on', callContext(), async () => 'on')).toBe('on');
});

it('lets go of the turn when a call fails', async () => {
  const turn = new Turn();
  const failure = new Error('no');
  await expect(turn.take('power.on', callContext(), () => Promise.reject(failure))).rejects.toBe(failure);
  expect(await turn.take('power.on', callContext(), async () => 'on')).toBe('on');
});

it('ends the call under way when it is pre-empted, and waits until that has let go', async () => {
  const turn = new Turn();
  const order: string[] = [];
  const first = turn.take('flasher.flash', callContext(), (signal) =>
    endless(signal).finally(() => order.push('flash has ended')),
  );
  const second = turn.preempt('power.off', callContext(), async () => order.push('off'));
  await expect(first).rejects.toMatchObject({ code: 'state', message: 'flasher.flash: ended by power.off' });
  await second;
  expect(order).toEqual(['flash has ended', 'off']);
});

it('ends a call with its caller', async () => {
  const caller = new AbortController();
  const reason = new Error('the caller has left');
  const call = new Turn().take('power.on', callContext({ signal: caller.signal }), endless);
  caller.abort(reason);
  await expect(call).rejects.toBe(reason);
});

it('waits for a call whose caller has given up', async () => {
  const turn = new Turn();
  const caller = new AbortController();
  const cleanedUp = Promise.withResolvers<void>();
  const order: string[] = [];
  const first = turn.take('flasher.flash', callContext({ signal: caller.signal }), async () => {
    await cleanedUp.promise;
    order.push('flash has ended');
  });
  caller.abort();
  const second = turn.take('power.on', callContext(), async () => order.push('on'));
  const impatient = new AbortController();
  const third = turn.take('power.on', callContext({ signal: impatient.signal }), async () =>
    order.push('never'),
  );
  const reason = new Error('enough');
  impatient.abort(reason);
  await expect(third).rejects.toBe(reason);
  cleanedUp.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(['flash has ended', 'on']);
});
