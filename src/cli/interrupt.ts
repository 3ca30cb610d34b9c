import { INTERRUPTED, Interruption, type InterruptSignal } from './exit-code.ts';

export interface Interrupts extends Disposable {
  /** Aborts with an Interruption at the first Ctrl-C, hang-up or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Turns the process's signals into an abort. The second one insists: the process ends at once. Nothing is said if `quiet`. */
export function listenForInterrupts({ quiet = false }: { readonly quiet?: boolean } = {}): Interrupts {
  const controller = new AbortController();
  const onSignal = (signal: InterruptSignal) => {
    if (controller.signal.aborted) process.exit(INTERRUPTED[signal]);
    if (!quiet) process.stderr.write(`\n${signal}: cleaning up; once more to insist\n`);
    controller.abort(new Interruption(signal));
  };
  // SAFE: the keys of INTERRUPTED are its InterruptSignals
  const signals = Object.keys(INTERRUPTED) as InterruptSignal[];
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
