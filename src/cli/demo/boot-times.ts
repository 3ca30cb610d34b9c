import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { formatDuration } from '../../core/index.ts';

/** From power-on to the login prompt, in milliseconds: the last boot and the last time that one was resumed. */
const BootTimes = z.object({ cold: z.number().optional(), remembered: z.number().optional() });
export type BootTimes = z.output<typeof BootTimes>;

/** The only file of a demo's folder that the next demo adds to. */
const FILE = 'boot-times.json';

/** What earlier demos have measured there. */
export async function readBootTimes(folder: string): Promise<BootTimes> {
  try {
    return BootTimes.parse(JSON.parse(await readFile(join(folder, FILE), 'utf8')));
  } catch {
    // There was none, or it is no use: nothing depends on it.
    return {};
  }
}

export async function writeBootTimes(folder: string, times: BootTimes): Promise<void> {
  await writeFile(join(folder, FILE), `${JSON.stringify(times, null, 2)}\n`, { mode: 0o600 });
}

/** Tells how long a boot took, beside what the other way took. */
export function describeBootTimes(kind: 'cold' | 'remembered', times: BootTimes): string {
  const took = (time: number | undefined) => (time === undefined ? undefined : formatDuration(time));
  const [cold, remembered] = [took(times.cold), took(times.remembered)];
  const title = 'from power-on to the login prompt';
  if (kind === 'remembered')
    return `${title}: ${remembered}, from a boot that was remembered${cold ? `; the boot itself took ${cold}` : ''}`;
  return `${title}: ${cold}, a cold boot${remembered ? `; from a remembered one it took ${remembered}` : ''}`;
}
