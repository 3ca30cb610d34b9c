import type { Extent } from '../extent.ts';
import type { Figure } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { useMachine } from '../use-machine.ts';

/** Forks that are started, used and ended one after the other, for a while. */
export async function rate(guest: Guest, { seconds }: Extent): Promise<Figure[]> {
  const start = performance.now();
  let forks = 0;
  while (performance.now() - start < seconds * 1_000) {
    await useMachine(() => guest.vm.fork({ from: 'ready' }));
    forks++;
  }
  const minutes = (performance.now() - start) / 60_000;
  return [
    {
      what: `forks one after the other, each from start through \`uname -r\` to end, for ${seconds} s`,
      unit: '/min',
      values: [forks / minutes],
    },
  ];
}
