import type { Extent } from '../extent.ts';
import { atMost, type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';

/** How often; each of them adds a layer to the disks. */
const SAVES = 3;

/** How long it takes to save a machine, and for how long that stands still: the machine itself, and a fork of it. */
export async function save({ name, vm }: Guest, { count }: Extent): Promise<Figure[]> {
  const rounds = Math.min(count, SAVES);
  const saves = (machine: Pick<typeof vm, 'snapshots'>) => async (round: number) => {
    const start = performance.now();
    const { pause } = await machine.snapshots.save(`bench-${round}`);
    const time = performance.now() - start;
    await machine.snapshots.delete(`bench-${round}`);
    return { time, pause };
  };
  const own = await repeat(`${name} save`, rounds, saves(vm));
  await using fork = await vm.fork({ from: 'ready' });
  const forks = await repeat(`${name} save of a fork`, rounds, saves(fork));
  const about = (whose: string) =>
    ({
      time: { what: `save of ${whose}`, unit: 'ms' },
      pause: { what: `save of ${whose}: it stood still`, unit: 'ms', goal: atMost(300, '300 ms') },
    }) as const;
  return [...figuresOf(own, about('the machine')), ...figuresOf(forks, about('a fork'))];
}
