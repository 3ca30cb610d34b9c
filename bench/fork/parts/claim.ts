import { answerFigures } from '../answers.ts';
import type { Extent } from '../extent.ts';
import { atMost, type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { useMachine } from '../use-machine.ts';

/** Machines of a warm pool, which are loaded and stand still until somebody claims them. */
export async function claim(guest: Guest, { count }: Extent): Promise<Figure[]> {
  const { name, vm, isMeasured } = guest;
  await using pool = await vm.pool({ from: 'ready', min: 1, max: 2 });
  const samples = await repeat(`${name} claim`, count, async () => {
    await pool.filled();
    return await useMachine(() => pool.claim());
  });
  const figures = figuresOf(samples, {
    running: {
      what: 'claim of a warm pool: call to CPUs running',
      unit: 'ms',
      ...(isMeasured && { goal: atMost(10, '10 ms') }),
    },
    returned: { what: 'claim: call to machine in hand', unit: 'ms' },
    before: { what: 'unshared memory of a claimed machine, as it begins', unit: 'MiB' },
  });
  return [...figures, ...answerFigures('claim', samples, guest)];
}
