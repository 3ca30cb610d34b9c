import type { OnProgress } from '../core/index.ts';

/** Reports one phase after another of a piece of work. */
export interface Phases {
  /** A new phase begins. */
  begin(phase: string): void;
  /** So many bytes of this phase are done. */
  advance(bytes: number, total?: number | null): void;
}

/** Turns phases into progress reports. `now` is the clock, in milliseconds. */
export function createPhases(onProgress: OnProgress = () => undefined, now: () => number = Date.now): Phases {
  let phase = '';
  let since = now();
  return {
    begin(next) {
      if (next === phase) return;
      phase = next;
      since = now();
      onProgress({ phase, bytes: 0, total: null, rate: 0 });
    },
    advance(bytes, total = null) {
      const seconds = (now() - since) / 1_000;
      onProgress({ phase, bytes, total, rate: seconds > 0 ? bytes / seconds : 0 });
    },
  };
}
