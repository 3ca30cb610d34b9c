import { answerFigures } from '../answers.ts';
import type { Extent } from '../extent.ts';
import { atMost, type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { until } from '../until.ts';
import { STEPS, useMachine } from '../use-machine.ts';

const NAME = 'ahead';

/** Forks that were made ready before the call. */
export async function ahead(guest: Guest, { count }: Extent): Promise<Figure[]> {
  const { name, vm, isMeasured } = guest;
  await vm.snapshots.save(NAME, { ahead: 1 });
  const isReady = async () => (await vm.snapshots.list()).some((one) => one.name === NAME && one.ahead > 0);
  const samples = await repeat(`${name} ahead`, count, async () => {
    await until(isReady);
    return await useMachine(() => vm.fork({ from: NAME }));
  });
  await vm.snapshots.delete(NAME);
  const what = 'fork, made ready ahead';
  const { warm, cont } = STEPS;
  const figures = figuresOf(samples, {
    running: {
      what: `${what}: call to CPUs running`,
      unit: 'ms',
      ...(isMeasured && { goal: atMost(40, '40 ms') }),
    },
    cont,
    warm,
    returned: { what: `${what}: call to machine in hand`, unit: 'ms' },
  });
  return [...figures, ...answerFigures(what, samples, guest)];
}
