import { setTimeout as sleep } from 'node:timers/promises';
import { atMostTimes } from '../goals.ts';
import { openJmpRun } from '../jmp-run.ts';
import { residentBytes } from '../proc.ts';
import { againstPython, type Bench, type Round, type Sample } from '../row.ts';
import { openOurClient, openOurExporter, openPythonClient, openPythonExporter } from '../sides.ts';
import type { Worker } from '../worker.ts';

/** How long an exporter is left alone before it is looked at. */
const IDLE = 3_000;

/** What an exporter with one machine takes, once a client has been there and has gone. */
export const memory: Bench = {
  name: 'memory',
  how: `VmRSS of a process that serves one QEMU machine, ${IDLE / 1_000} s after a client has come and gone; Python's is the one that serves of \`jmp run\`, the bare one a script with nothing but its \`Session\``,
  rows: [
    {
      what: 'idle exporter, resident memory',
      unit: 'MB',
      ...againstPython('bytes'),
      goal: atMostTimes(1, "below Python's"),
    },
    {
      what: 'idle exporter, resident memory',
      unit: 'MB',
      ours: { side: 'ours', key: 'bytes' },
      other: { side: 'bare', key: 'bytes', name: 'Python, bare' },
    },
  ],
  open: async (context) => {
    const ours = (root: string): Round => {
      return () =>
        idleWorker(
          () => openOurExporter(root, { kind: 'qemu' }),
          () => openOurClient(root),
        );
    };
    return {
      ours: ours(context.ours),
      ...(context.baseline && { baseline: ours(context.baseline) }),
      python: async () => {
        await using exporter = await openJmpRun(context);
        return await idle(exporter.pid, exporter.address, () => openPythonClient(context));
      },
      bare: () =>
        idleWorker(
          () => openPythonExporter(context, { kind: 'qemu' }),
          () => openPythonClient(context),
        ),
    };
  },
};

async function idleWorker(
  openExporter: () => Promise<Worker>,
  openClient: () => Promise<Worker>,
): Promise<Sample> {
  await using exporter = await openExporter();
  const { socket } = await exporter.ask({ do: 'socket' });
  return await idle(exporter.pid, String(socket), openClient);
}

/** The memory of the process `pid` when a client of what it serves at `socket` has come and gone. */
async function idle(pid: number, socket: string, openClient: () => Promise<Worker>): Promise<Sample> {
  {
    await using client = await openClient();
    await client.ask({ do: 'connect', socket });
    await client.ask({ do: 'disconnect' });
  }
  await sleep(IDLE);
  return { bytes: residentBytes(pid) / 1e6 };
}
