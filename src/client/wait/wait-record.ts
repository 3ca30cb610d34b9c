import { firstLine, formatDuration, isDutError, raceSignal, type WaitReport } from '../../core/index.ts';
import type { WaitPart, Watch } from './wait.ts';

/** What ends a wait from outside. */
export type WaitEnd = Pick<Watch, 'signal' | 'failed'>;

/** What becomes of a wait and of its parts, written down while it happens. */
export class WaitRecord {
  readonly name: string;
  readonly #now: () => number;
  readonly #began: number;
  readonly #parent: WaitRecord | undefined;
  readonly #parts: WaitRecord[] = [];
  #outcome: 'waiting' | 'met' | 'failed' = 'waiting';
  #settledAt: number;
  #isAny = false;
  #error: unknown;
  #last: () => string = () => '';

  constructor(name: string, now: () => number = Date.now, parent?: WaitRecord) {
    this.name = name;
    this.#now = now;
    this.#parent = parent;
    this.#began = parent ? parent.#began : now();
    this.#settledAt = now();
  }

  /** Runs the wait until it ends, its signal does or the device fails, and writes down how. */
  async run<Result>({ run, looksBack }: WaitPart<Result>, end: WaitEnd): Promise<Result> {
    const signal = looksBack ? end.signal : AbortSignal.any([end.signal, end.failed]);
    try {
      signal.throwIfAborted();
      const result = await raceSignal(run(this.#watch({ ...end, signal })), signal);
      this.#settle('met');
      this.#last = () => '';
      return result;
    } catch (error) {
      // What was ended from outside has neither come nor failed: it was still waiting.
      if (!end.signal.aborted && !(end.failed.aborted && error === end.failed.reason)) {
        this.#settle('failed');
        this.#error = error;
        if (this.#parts.length === 0) this.#last = () => firstLine(error);
      }
      throw error;
    }
  }

  /** The waits that have not come, by name: `ssh and (http :80 or http :8080)`. */
  missing(): string {
    if (this.#parts.length === 0) return this.name;
    const missing = this.#parts.filter((part) => part.#outcome !== 'met');
    const names = missing.map((part) => (part.#missesSeveral ? `(${part.missing()})` : part.missing()));
    return names.join(this.#isAny ? ' or ' : ' and ');
  }

  /** The single wait that failed with `error`, by name. */
  culprit(error: unknown): string | undefined {
    if (this.#error !== error) return undefined;
    return this.#parts.map((part) => part.culprit(error)).find((name) => name !== undefined) ?? this.name;
  }

  report(): WaitReport {
    const last = this.#last();
    return {
      name: this.name,
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      ...(last !== '' && { last }),
      ...(this.#parts.length > 0 && { parts: this.#parts.map((part) => part.report()) }),
    };
  }

  /** As lines of an error: what became of each part, or of the whole where it has none. */
  lines(): string[] {
    return this.#parts.length === 0 ? this.#line() : this.#parts.flatMap((part) => part.#line());
  }

  get #missesSeveral(): boolean {
    return this.#parts.filter((part) => part.#outcome !== 'met').length > 1;
  }

  get #state(): WaitReport['state'] {
    return this.#outcome === 'waiting' && this.#notNeededSince !== undefined ? 'dropped' : this.#outcome;
  }

  get #since(): number {
    return this.#outcome === 'waiting' ? (this.#notNeededSince ?? this.#settledAt) : this.#settledAt;
  }

  get #notNeededSince(): number | undefined {
    const parent = this.#parent;
    if (parent === undefined) return undefined;
    return parent.#outcome === 'met' ? parent.#settledAt : parent.#notNeededSince;
  }

  #line(): string[] {
    const [first = '', ...more] = this.#last().trimEnd().split('\n');
    const state = this.#state;
    const when = state === 'waiting' ? '' : ` after ${formatDuration(this.#since - this.#began)}`;
    return [
      `  ${state}${when}: ${this.name}${first && `: ${first}`}`,
      ...more.map((line) => `    ${line}`),
      ...this.#parts.flatMap((part) => part.#line().map((line) => `  ${line}`)),
    ];
  }

  #watch({ signal, failed }: WaitEnd): Watch {
    return {
      signal,
      failed,
      saw: (last) => {
        this.#last = typeof last === 'string' ? () => last : last;
      },
      all: async (parts) => {
        using end = endWith(signal);
        return await Promise.all(this.#start(parts, { signal: end.signal, failed }));
      },
      any: async (parts) => {
        this.#isAny = true;
        using end = endWith(signal);
        return await Promise.any(this.#start(parts, { signal: end.signal, failed })).catch(
          (error: AggregateError) => {
            signal.throwIfAborted();
            throw error.errors.find(isDutError) ?? error.errors[0];
          },
        );
      },
    };
  }

  #start<Result>(parts: readonly WaitPart<Result>[], end: WaitEnd): Promise<Result>[] {
    return parts.map((part) => {
      const record = new WaitRecord(part.name, this.#now, this);
      this.#parts.push(record);
      return record.run(part, end);
    });
  }

  #settle(outcome: 'met' | 'failed'): void {
    this.#outcome = outcome;
    this.#settledAt = this.#now();
  }
}

/** A signal that aborts with `signal`, and when it is disposed of: then those that still wait are not needed. */
function endWith(signal: AbortSignal): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    [Symbol.dispose]: () => controller.abort(new Error('the wait that this was a part of is over')),
  };
}
