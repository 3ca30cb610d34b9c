import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stateDir } from '../../../core/index.ts';
import { DESCRIPTORS } from '../descriptors.ts';
import { findLiveRuns } from '../run-folder.ts';
import { type PrivateSpace, privateSpace } from './private-space.ts';

/** What a machine of this host takes that is on. */
export interface MachineSpace extends PrivateSpace {
  /** The name of its run. */
  readonly run: string;
  readonly pid: number;
  readonly hostname: string;
  /** Bytes of the memory that it started from, which it shares with all that started from the same; 0 of one that has booted. */
  readonly shared: number;
}

export interface HostMachinesOptions {
  readonly state?: string;
  readonly proc?: string;
}

/** The machines of this host that are on, whichever process has them. */
export async function listMachines({
  state = stateDir(),
  proc = '/proc',
}: HostMachinesOptions = {}): Promise<MachineSpace[]> {
  const runs = await findLiveRuns(join(state, 'runs'));
  const processes = await qemus(proc);
  const machines = runs.map(async (run) => {
    const found = processes.find(({ words }) => words.some((word) => word.includes(`${run}/`)));
    if (!found) return [];
    const { pid, words } = found;
    const hostname = /guest=([^,]+)/.exec(words[words.indexOf('-name') + 1] ?? '')?.[1] ?? '';
    const space = await privateSpace(run, pid);
    return [
      {
        run: basename(run),
        pid,
        hostname,
        shared: await sharedMemory(words, join(proc, String(pid))),
        ...space,
      },
    ];
  });
  return (await Promise.all(machines)).flat();
}

/** The file of its memory, of which only what it has not written to is its own. */
async function sharedMemory(words: readonly string[], process: string): Promise<number> {
  if (!words.some((word) => word.startsWith('memory-backend-file,') && word.includes('share=off'))) return 0;
  return await stat(join(process, 'fd', String(DESCRIPTORS.memory))).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );
}

/** The QEMUs of this host, with their command lines. */
async function qemus(proc: string): Promise<{ readonly pid: number; readonly words: readonly string[] }[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const processes = pids.map(async (pid) => {
    const words = (await readFile(join(proc, pid, 'cmdline'), 'utf8').catch(() => '')).split('\0');
    return basename(words[0] ?? '').startsWith('qemu-system-') ? [{ pid: Number(pid), words }] : [];
  });
  return (await Promise.all(processes)).flat();
}
