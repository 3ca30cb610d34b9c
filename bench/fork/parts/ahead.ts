import { atMost, type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';
import type { Options } from '../options.ts';
import { until } from '../until.ts';
import { STEPS, useMachine } from '../use-machine.ts';

const NAME = 'ahead';

/** Forks whose QEMU was spawned before the call. */
export async function ahead({ name, vm, isMeasured }: Guest, { count }: Options): Promise<Figure[]> {
  await vm.snapshots.save(NAME, { ahead: 1 });
  const isReady = async () => (await vm.snapshots.list()).some((one) => one.name === NAME && one.ahead > 0);
  const samples = await repeat(`${name} ahead`, count, async () => {
    await until(isReady);
    return await useMachine(() => vm.fork({ from: NAME }));
  });
  await vm.snapshots.delete(NAME);
  const { incoming, cont } = STEPS;
  return figuresOf(samples, {
    running: {
      what: 'fork, QEMU spawned ahead: call to CPUs running',
      unit: 'ms',
      ...(isMeasured && { goal: atMost(40, '40 ms') }),
    },
    ...(incoming && cont && { incoming, cont }),
    returned: { what: 'fork, QEMU spawned ahead: call to machine in hand', unit: 'ms' },
    answered: { what: 'fork, QEMU spawned ahead: call to output of `uname -r` on the console', unit: 'ms' },
  });
}
