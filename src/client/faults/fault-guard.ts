import { faultError, type MachineFault } from '../../interfaces/index.ts';
import type { FaultOptions, FaultWatch } from './fault-watch.ts';

/** A wait that ends with the machine. */
export interface FaultGuard extends Disposable {
  /** Aborts with a DeviceError when something goes wrong with the machine, or with the reason of the caller's signal. */
  readonly signal: AbortSignal;
}

/** Joins `signal` with what goes wrong with a machine. @throws the DeviceError of what is wrong already. */
export async function guardAgainstFaults(
  watch: FaultWatch | undefined,
  { signal, faults }: FaultOptions & { readonly signal: AbortSignal },
  about: { readonly operation: string; readonly waitingFor: string },
): Promise<FaultGuard> {
  if (!watch || faults === 'ignore') return { signal, [Symbol.dispose]: () => undefined };
  const failure = new AbortController();
  const fail = (fault: MachineFault) => failure.abort(faultError(fault, about));
  if (watch.current && (await watch.confirm(signal))) fail(watch.current);
  failure.signal.throwIfAborted();
  const listening = watch.listen(({ fault }) => fault && fail(fault));
  return {
    signal: AbortSignal.any([signal, failure.signal]),
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
