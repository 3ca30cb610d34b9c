import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../goals.ts';
import { makeImage, renewImage } from '../images.ts';
import { openMachine } from '../machines.ts';
import type { Bench } from '../row.ts';
import { openPythonClient, openPythonExporter } from '../sides.ts';

/** A file that has just been changed is not taken for known: it might change again within a tick of the clock. */
const SETTLED = 2_500;

/** Flashing by path: an image that is new, and one that is known. Python copies both. */
export const localFlash: Bench = {
  name: 'local-flash',
  how: 'a qcow2 of 256 MiB flashed by its path within one process; then once more, unchanged (Python: both through its client)',
  rows: [
    {
      what: 'flash by path, new image',
      unit: 'MB/s',
      ours: { side: 'ours', key: 'rate' },
      other: { side: 'python', key: 'rate', name: 'Python' },
    },
    {
      what: 'flash by path, known image',
      unit: 'ms',
      ours: { side: 'ours', key: 'known' },
      other: { side: 'python', key: 'known', name: 'Python' },
      goal: atMost(50, 'at most 50 ms'),
    },
  ],
  open: async (context, stack) => {
    const machine = stack.use(await openMachine(context.ours));
    const exporter = stack.use(await openPythonExporter(context, { kind: 'qemu' }));
    const python = stack.use(await openPythonClient(context));
    await python.ask({ do: 'connect', ...(await exporter.ask({ do: 'socket' })) });
    const { path, size } = await makeImage(context.folder, 'local');
    const flashTwice = async (worker: typeof machine) => {
      const flash = async () => Number((await worker.ask({ do: 'flash', path })).time);
      const first = await flash();
      return { rate: size / 1_000 / first, known: await flash() };
    };
    return {
      ours: async () => {
        await renewImage(path);
        await sleep(SETTLED);
        return await flashTwice(machine);
      },
      python: () => flashTwice(python),
    };
  },
};
