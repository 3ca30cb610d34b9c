import type { Argument, Option } from 'commander';

/** The values that an option or an argument may have, where they are known only when they are asked for. */
export type Completer = () => Promise<readonly string[]>;

const COMPLETERS = new WeakMap<Option | Argument, Completer>();

/** `what`, whose values are completed by `completer`. */
export function completedBy<T extends Option | Argument>(what: T, completer: Completer): T {
  COMPLETERS.set(what, completer);
  return what;
}

/** What completes `what`, if anything does. */
export const completerOf = (what: Option | Argument): Completer | undefined => COMPLETERS.get(what);
