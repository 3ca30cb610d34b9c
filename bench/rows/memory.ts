import { setTimeout as sleep } from 'node:timers/promises';
import { atMostTimes } from '../goals.ts';
import { residentBytes } from '../proc.ts';
import { againstPython, type Bench, type Round } from '../row.ts';
import { openOurClient, openOurExporter, openPythonClient, openPythonExporter } from '../sides.ts';
import type { Worker } from '../worker.ts';

/** How long an exporter is left alone before it is looked at. */
const IDLE = 3_000;

/** What an exporter with one machine takes, once a client has been there and has gone. */
export const memory: Bench = {
  name: 'memory',
  how: `VmRSS of a process that serves one QEMU machine, ${IDLE / 1_000} s after a client has come and gone`,
  rows: [
    {
      what: 'idle exporter, resident memory',
      unit: 'MB',
      ...againstPython('bytes'),
      goal: atMostTimes(1, "below Python's"),
    },
  ],
  open: async (context) => ({
    ours: idle(
      () => openOurExporter(context.ours, { kind: 'qemu' }),
      () => openOurClient(context.ours),
    ),
    ...(context.baseline && {
      baseline: idle(
        () => openOurExporter(String(context.baseline), { kind: 'qemu' }),
        () => openOurClient(String(context.baseline)),
      ),
    }),
    python: idle(
      () => openPythonExporter(context, { kind: 'qemu' }),
      () => openPythonClient(context),
    ),
  }),
};

function idle(openExporter: () => Promise<Worker>, openClient: () => Promise<Worker>): Round {
  return async () => {
    await using exporter = await openExporter();
    const { socket } = await exporter.ask({ do: 'socket' });
    {
      await using client = await openClient();
      await client.ask({ do: 'connect', socket });
      await client.ask({ do: 'disconnect' });
    }
    await sleep(IDLE);
    return { bytes: residentBytes(exporter.pid) / 1e6 };
  };
}
