import { fileURLToPath } from 'node:url';
import { openWorker, type Worker } from './worker.ts';

/** What QEMU machines are measured with: everything by default, but for what is said. */
export const MACHINE = { arch: 'x86_64', memory: '1GiB', cpus: 2 } as const;

/** A machine served and used within one process of ours. */
export async function openMachine(root: string, config: object = MACHINE): Promise<Worker> {
  const program = fileURLToPath(new URL('ours/machine.mjs', import.meta.url));
  const worker = await openWorker([process.execPath, program, root]);
  await worker.ask({ do: 'serve', config });
  return worker;
}

/** The command line of the machine's next power-on and its memory; the files that it needs are there once it has been on. */
export async function commandOf(machine: Worker): Promise<{ command: string[]; memory: number }> {
  const { command, memory } = await machine.ask({ do: 'describe' });
  return { command: command as string[], memory: Number(memory) }; // SAFE: as `describe` answers
}
