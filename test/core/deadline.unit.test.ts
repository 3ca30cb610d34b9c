import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DeadlineError, raceSignal, startDeadline } from '../../src/core/index.ts';

const purpose = { operation: 'power.off', waitingFor: 'the guest to shut down' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('startDeadline', () => {
  test('aborts with an error that says what was still missing', () => {
    using deadline = startDeadline({ timeout: '2m' }, purpose);
    vi.advanceTimersByTime(119_999);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineError);
    expect(deadline.signal.reason.message).toBe(
      'power.off: gave up after 2 m 00 s, still waiting for the guest to shut down',
    );
  });

  test("hands the caller's reason on, untouched", () => {
    const caller = new AbortController();
    using deadline = startDeadline({ signal: caller.signal, timeout: '2m' }, purpose);
    const reason = { anything: true };
    caller.abort(reason);
    expect(deadline.signal.reason).toBe(reason);
  });

  test('is not over at once when it is longer than a timer can be', () => {
    using deadline = startDeadline({ timeout: '10000h' }, purpose);
    vi.advanceTimersByTime(1_000);
    expect(deadline.signal.aborted).toBe(false);
  });

  test('stops its clock when it is disposed of', () => {
    startDeadline({ timeout: '1s' }, purpose)[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a time that nobody asked for', () => {
  const byDefault = {
    timeout: '2m',
    pace: Promise.resolve({ factor: 4, reason: 'it is emulated' }),
  } as const;

  test('is stretched by the pace, and says so', async () => {
    using deadline = startDeadline({ byDefault }, purpose);
    await byDefault.pace;
    vi.advanceTimersByTime(4 * 120_000 - 1);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toMatchObject({ after: '8 m 00 s', scaling: '2m x 4: it is emulated' });
    expect(deadline.signal.reason.message).toBe(
      'power.off: gave up after 8 m 00 s (2m x 4: it is emulated), still waiting for the guest to shut down',
    );
  });

  test('is never a time that was asked for', async () => {
    using deadline = startDeadline({ timeout: '3m', byDefault }, purpose);
    await byDefault.pace;
    vi.advanceTimersByTime(180_000);
    expect(deadline.signal.reason).toMatchObject({ after: '3 m 00 s' });
    expect(deadline.signal.reason.scaling).toBeUndefined();
  });

  test.each<[string, () => Promise<never>]>([
    ['nobody tells', () => new Promise(() => undefined)],
    ['cannot be told', () => Promise.reject(new Error('gone'))],
  ])('is not stretched by a pace that %s', async (_, pace) => {
    using deadline = startDeadline({ byDefault: { timeout: '2m', pace: pace() } }, purpose);
    await Promise.resolve();
    vi.advanceTimersByTime(120_000);
    expect(deadline.signal.reason).toMatchObject({ after: '2 m 00 s', waitingFor: 'the guest to shut down' });
    expect(deadline.signal.reason.scaling).toBeUndefined();
  });

  test('stops its clock in the time that was added, too', async () => {
    const deadline = startDeadline({ byDefault }, purpose);
    await byDefault.pace;
    vi.advanceTimersByTime(200_000);
    deadline[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('raceSignal', () => {
  test('rejects as soon as the signal aborts, and leaves no listener behind', async () => {
    const controller = new AbortController();
    const race = raceSignal(new Promise(() => undefined), controller.signal);
    controller.abort('enough');
    await expect(race).rejects.toBe('enough');
  });

  test('rejects at once for a signal that has aborted already', async () => {
    await expect(raceSignal(new Promise(() => undefined), AbortSignal.abort('before'))).rejects.toBe(
      'before',
    );
  });

  test('settles as the promise does', async () => {
    await expect(raceSignal(Promise.resolve(7), new AbortController().signal)).resolves.toBe(7);
  });
});
