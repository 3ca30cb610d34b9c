import { bareMachine, type MachineDriver } from './bare-machine.ts';
import { bootRemembering, type Connected } from './client/index.ts';
import { console } from './client/wait/index.ts';
import { raceSignal, type WaitOptions } from './core/index.ts';

/** When a machine has booted: `login`, when its console asks for one, or what you wait for yourself. */
export type Ready<D extends MachineDriver> = 'login' | ((vm: Connected<D>) => Promise<unknown>);

/** How a machine came to be ready. */
export interface ReadyBoot {
  readonly kind: 'cold' | 'remembered';
  /** In milliseconds. */
  readonly duration: number;
}

/** How long a machine that is ready may take until its boot is stored, in milliseconds: 1 GiB, onto a slow disk. */
const STORING = 120_000;

/** What is saved. */
export interface BootToForkOptions<D extends MachineDriver> {
  readonly ready: Ready<D>;
  readonly name: string;
  /** How many forks are made ready before somebody asks for one; default: none. */
  readonly ahead?: number;
}

/** Boots a machine until it is ready, saves it as `name`, and switches it off: it is there for its forks. */
export async function bootToFork<D extends MachineDriver>(
  vm: Connected<D>,
  { ready, name, ahead }: BootToForkOptions<D>,
  options: WaitOptions,
): Promise<ReadyBoot> {
  const bare = bareMachine(vm);
  const begun = performance.now();
  const { kind, settled } = await bootRemembering(bare, options);
  if (ready === 'login') await bare.waitFor(console(/login: $/), options);
  else await ready(vm);
  const duration = performance.now() - begun;
  // To save it, or to switch it off, would keep its boot from being stored.
  const storing = AbortSignal.timeout(STORING);
  await raceSignal(settled, options.signal ? AbortSignal.any([options.signal, storing]) : storing).catch(() =>
    options.signal?.throwIfAborted(),
  );
  await bare.snapshots.save(name, { ...options, ahead });
  await bare.power.off({ mode: 'forced', ...options });
  return { kind, duration };
}
