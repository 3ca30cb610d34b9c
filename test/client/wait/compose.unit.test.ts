import { all, any, custom, type Wait } from 'jumplead/wait';
import { describe, expect, test } from 'vitest';
import { waitError } from '../../../src/client/wait/wait-error.ts';
import { WaitRecord } from '../../../src/client/wait/wait-record.ts';
import { DeadlineError, DeviceError } from '../../../src/core/index.ts';

/** A wait that a test brings to its end. */
function controlled<Result = string>(name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  let signal: AbortSignal | undefined;
  let saw: (last: string) => void = () => undefined;
  const wait = custom(name, (_: unknown, watch) => {
    ({ signal, saw } = watch);
    return promise;
  });
  return {
    wait,
    resolve,
    reject,
    saw: (last: string) => saw(last),
    get ended() {
      return signal?.aborted;
    },
  };
}

/** Starts a wait on a device of nothing, with a clock that a test sets. */
async function start<Result>(wait: Wait<object, Result>) {
  const clock = { now: 1_000_000 };
  const aborter = new AbortController();
  const record = new WaitRecord(wait.name, () => clock.now);
  const scope = { device: {}, node: undefined as never, signal: aborter.signal, faults: undefined };
  const device = new AbortController();
  const end = { signal: aborter.signal, failed: device.signal };
  const result = record.run({ ...wait, run: await wait.prepare(scope) }, end);
  result.catch(() => undefined);
  const abort = (reason: unknown) => aborter.abort(reason);
  return { result, record, clock, abort, fail: (error: Error) => device.abort(error) };
}

const failure = () => new DeviceError('the guest panicked\nthe last lines', { event: 'PANIC', tail: 'x' });
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('all', () => {
  test('comes when every part has come, with what came of each', async () => {
    const [a, b] = [controlled('a'), controlled<number>('b')];
    const { result } = await start(all(a.wait, b.wait));
    b.resolve(2);
    a.resolve('one');
    expect(await result).toEqual(['one', 2]);
  });

  test('fails with the first part that fails, and ends the others', async () => {
    const [a, b, c] = [controlled('a'), controlled('b'), controlled('c')];
    const { result, record, clock } = await start(all(a.wait, b.wait, c.wait));
    a.resolve('one');
    await settled();
    b.saw('something');
    clock.now += 41_200;
    const error = failure();
    c.reject(error);
    await expect(result).rejects.toBe(error);
    expect(b.ended).toBe(true);
    expect(record.lines()).toEqual([
      '  met after 0.00 s: a',
      '  waiting: b: something',
      '  failed after 41.2 s: c: the guest panicked',
    ]);
  });
});

describe('any', () => {
  test('comes with the first part, and ends the others', async () => {
    const [a, b] = [controlled('a'), controlled('b')];
    const { result, record } = await start(any(a.wait, b.wait));
    b.resolve('two');
    expect(await result).toBe('two');
    expect(a.ended).toBe(true);
    expect(record.report()).toMatchObject({
      state: 'met',
      parts: [
        { name: 'a', state: 'dropped' },
        { name: 'b', state: 'met' },
      ],
    });
  });

  test('goes on without a part that fails, and fails when all have', async () => {
    const [a, b] = [controlled('a'), controlled('b')];
    const { result, record } = await start(any(a.wait, b.wait));
    a.reject(new Error('no hope'));
    await settled();
    expect(record.report().state).toBe('waiting');
    const error = failure();
    b.reject(error);
    await expect(result).rejects.toBe(error);
    expect(record.lines()).toEqual([
      '  failed after 0.00 s: a: no hope',
      '  failed after 0.00 s: b: the guest panicked',
    ]);
  });
});

describe('nested', () => {
  test('a part that lost is dropped with all its parts', async () => {
    const [a, b, c] = [controlled('a'), controlled('b'), controlled('c')];
    const { result, record } = await start(any(all(a.wait, b.wait), c.wait));
    a.resolve('one');
    await settled();
    c.resolve('three');
    expect(await result).toBe('three');
    expect(b.ended).toBe(true);
    expect(record.lines()).toEqual([
      '  dropped after 0.00 s: all of a, b',
      '    met after 0.00 s: a',
      '    dropped after 0.00 s: b',
      '  met after 0.00 s: c',
    ]);
  });

  test('the end of the time names what is missing, and what it saw', async () => {
    const [a, b, c, d] = [controlled('a'), controlled('b'), controlled('c'), controlled('d')];
    const { result, record, abort } = await start(all(any(a.wait, b.wait), all(c.wait, d.wait)));
    c.resolve('three');
    await settled();
    a.saw('a first\nand a second line');
    a.saw('this line\nand that');
    const deadline = new DeadlineError('x', { after: '2 m 00 s', waitingFor: 'x' });
    abort(deadline);
    await expect(result).rejects.toBe(deadline);
    const error = waitError(deadline, record, deadline);
    expect(error).toMatchObject({ code: 'deadline', waitingFor: '(a or b) and d', operation: 'waitFor' });
    expect(String(error)).toMatchInlineSnapshot(`
      "DeadlineError: waitFor: gave up after 2 m 00 s, still waiting for (a or b) and d
        waiting: any of a, b
          waiting: a: this line
            and that
          waiting: b
        waiting: all of c, d
          met after 0.00 s: c
          waiting: d"
    `);
    expect(error).toMatchObject({
      report: {
        state: 'waiting',
        parts: [{ state: 'waiting' }, { parts: [{ state: 'met' }, { name: 'd' }] }],
      },
    });
  });
});

describe('a device that fails', () => {
  test('ends every wait for it', async () => {
    const [a, b] = [controlled('a'), controlled('b')];
    const { result, record, fail } = await start(any(all(a.wait), b.wait));
    const error = failure();
    fail(error);
    await expect(result).rejects.toBe(error);
    expect([a.ended, b.ended]).toEqual([true, true]);
    expect(record.report()).toMatchObject({
      state: 'waiting',
      parts: [{ state: 'waiting' }, { state: 'waiting' }],
    });
  });

  test('leaves a wait alone that looks for what has come before', async () => {
    const [a, b] = [controlled('a'), controlled('b')];
    const { result, fail } = await start(any(a.wait, { ...b.wait, looksBack: true }));
    fail(failure());
    await settled();
    expect([a.ended, b.ended]).toEqual([true, false]);
    b.resolve('it had come');
    expect(await result).toBe('it had come');
  });
});

test('the reason of an abort comes out as it went in', async () => {
  const reason = { not: 'even an error' };
  const a = controlled('a');
  const { result, abort } = await start(all(any(all(a.wait), any(a.wait))));
  abort(reason);
  await expect(result).rejects.toBe(reason);
  expect(a.ended).toBe(true);
});

test('the error of a part is the same kind of error, which names the part', async () => {
  const [a, b] = [controlled('a'), controlled('b')];
  const { result, record } = await start(all(any(a.wait, b.wait)));
  a.reject(new Error('no hope'));
  const error = failure();
  b.reject(error);
  await expect(result).rejects.toBe(error);
  const told = waitError(error, record, undefined);
  expect(told).toBeInstanceOf(DeviceError);
  expect(told).toMatchObject({ event: 'PANIC', tail: 'x', fault: 'device', cause: error });
  expect(String(told)).toMatchInlineSnapshot(`
    "DeviceError: waitFor: b: the guest panicked
      failed after 0.00 s: any of a, b
        failed after 0.00 s: a: no hope
        failed after 0.00 s: b: the guest panicked
    the last lines"
  `);
});

test('an error of the user is left as it is', async () => {
  const a = controlled('a');
  const { result, record } = await start(all(a.wait));
  const error = new TypeError('mine');
  a.reject(error);
  await expect(result).rejects.toBe(error);
  expect(waitError(error, record, undefined)).toBe(error);
});
