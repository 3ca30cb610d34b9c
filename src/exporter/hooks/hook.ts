import type { Duration } from '../../core/index.ts';

/** What a hook that fails does: a word to the clients, the end of the lease, or the end of the exporter. */
export type OnHookFailure = 'warn' | 'endLease' | 'exit';

/** A script that an exporter runs before or after a lease. */
export interface Hook {
  /** Text for the interpreter; or, where it is one line that names a file, that file. When it is blank nothing is run. */
  readonly script: string;
  /** The interpreter. By default `/bin/sh`, and Python for a file that ends in `.py`. */
  readonly exec?: string | undefined;
  /** The longest it may take; it is ended then, and has failed. */
  readonly timeout: Duration;
  readonly onFailure: OnHookFailure;
}

/** The hooks of an exporter. */
export interface Hooks {
  readonly beforeLease?: Hook | undefined;
  readonly afterLease?: Hook | undefined;
}

export type HookName = keyof Hooks;
