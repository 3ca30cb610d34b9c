import { vi } from 'vitest';

/** A clock that goes as the real one does, until a test lets time pass at once. */
export interface Clock extends Disposable {
  advance(milliseconds: number): void;
}

/** Takes timers, the time of deadlines among them, into the hands of the test until it is disposed of. */
export function takeClock(): Clock {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  return {
    advance: (milliseconds) => void vi.advanceTimersByTime(milliseconds),
    [Symbol.dispose]: () => void vi.useRealTimers(),
  };
}
