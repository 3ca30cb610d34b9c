import type { Extent } from '../extent.ts';
import type { Figure } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { unshared } from '../memory.ts';
import { beginningOf } from '../timeline.ts';

/** Some seconds of CPU time in a guest that is emulated. */
const WORK = 'dd if=/dev/zero bs=1M count=4 2>/dev/null | md5sum';

/** Many forks at once, all alive and at work. */
export async function crowd({ vm }: Guest, { crowd: size }: Extent): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const start = performance.now();
  const forks = await vm.fork({ from: 'ready', count: size });
  for (const fork of forks) stack.use(fork);
  const alive = (performance.now() - start) / 1_000;
  const work = async (fork: (typeof forks)[number]) => {
    await using tty = await fork.console.open();
    const { stdout } = await tty.run(WORK, { timeout: '10m' });
    if (!/^[0-9a-f]{32}/.test(stdout)) throw new Error(`a fork answered ${JSON.stringify(stdout)}`);
  };
  await Promise.all(forks.map(work));
  const done = (performance.now() - start) / 1_000;
  const own = await Promise.all(
    forks.map(async (fork) => {
      const { artifacts } = await fork.describe();
      return unshared((await beginningOf(artifacts ?? '')).pid);
    }),
  );
  return [
    { what: `${size} forks at once: until all are in hand`, unit: 's', values: [alive] },
    { what: `${size} forks at once: until each has done its work`, unit: 's', values: [done] },
    { what: `${size} forks at once: unshared memory of each by then`, unit: 'MiB', values: own },
  ];
}
