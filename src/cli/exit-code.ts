import { type Fault, isDutError } from '../core/index.ts';
import { hostTrouble } from './host-trouble.ts';

/** Exit codes by whose fault it was, so that a script can tell a broken device from a broken lab. */
const EXIT_CODES = { device: 1, caller: 2, lab: 3, bug: 70 } as const satisfies Record<Fault, number>;

/** The code of a run that the user broke off: 128 and the number of the signal. */
export const INTERRUPTED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type InterruptSignal = keyof typeof INTERRUPTED;

/** Why the work is being broken off; the reason of the abort signal that every command gets. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly signal: InterruptSignal;
  constructor(signal: InterruptSignal) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** A command has done its work, and what it found and told is nothing good. The message says it in a few words. */
export class Unsuccessful extends Error {
  override readonly name = 'Unsuccessful';
}

/** What was run for the user has ended with this code, which is passed on; it has said itself what there is to say. */
export class ExitStatus extends Error {
  override readonly name = 'ExitStatus';
  readonly code: number;
  constructor(code: number) {
    super(`ended with exit code ${code}`);
    this.code = code;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interruption) return INTERRUPTED[error.signal];
  if (error instanceof Unsuccessful) return 1;
  if (error instanceof ExitStatus) return error.code;
  if (isDutError(error)) return EXIT_CODES[error.fault];
  return EXIT_CODES[error instanceof Error && hostTrouble(error) ? 'lab' : 'bug'];
}
