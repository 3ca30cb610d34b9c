import { answerFigures } from '../answers.ts';
import type { Extent } from '../extent.ts';
import { atMost, type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { STEPS, useMachine } from '../use-machine.ts';

/** One fork at a time, from the call to a command of its own. */
export async function fork(guest: Guest, { count }: Extent): Promise<Figure[]> {
  const { name, vm, cold, isMeasured } = guest;
  const samples = await repeat(`${name} fork`, count, () => useMachine(() => vm.fork({ from: 'ready' })));
  const goal = (limit: number, text: string) => (isMeasured ? { goal: atMost(limit, text) } : {});
  const figures = figuresOf(samples, {
    running: { what: 'fork: call to CPUs running', unit: 'ms', ...goal(90, '90 ms') },
    ...STEPS,
    returned: { what: 'fork: call to machine in hand', unit: 'ms' },
    before: { what: 'unshared memory of a fork, as it begins', unit: 'MiB', ...goal(50, '50 MiB') },
    after: { what: 'the same after `uname -r`', unit: 'MiB' },
  });
  return [
    { what: 'cold boot: `power.on` to output of `uname -r`', unit: 's', values: [cold] },
    ...figures,
    ...answerFigures('fork', samples, guest),
  ];
}
