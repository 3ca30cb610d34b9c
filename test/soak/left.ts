import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variable that marks the processes of a life, and all that they start. */
export const MARK = 'JUMPLEAD_SOAK';
/** Who is still there then was not killed, in milliseconds. */
const LONGEST_END = 10_000;

/** A process that is there. */
interface Found {
  readonly pid: number;
  readonly mark: string;
  readonly command: string;
}

/** The processes whose mark begins so. Dead ones that wait to be buried do not count. */
async function findMarked(prefix: string): Promise<Found[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const found = await Promise.all(pids.map(readMark));
  return found.flatMap((one) => (one?.mark.startsWith(prefix) ? [one] : []));
}

async function readMark(pid: number): Promise<Found | undefined> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const mark = (await read('environ')).split('\0').find((line) => line.startsWith(`${MARK}=`));
  // A dead process has no environment any more.
  if (mark === undefined) return undefined;
  const command = (await read('cmdline')).split('\0').join(' ').slice(0, 200);
  return { pid, mark: mark.slice(MARK.length + 1), command };
}

/**
 * What is left of processes with that mark that were killed: one line each. The kernel has been told to end them; on a busy host
 * that takes its time.
 */
export async function findLeftProcesses(prefix: string): Promise<string[]> {
  const late = AbortSignal.timeout(LONGEST_END);
  for (;;) {
    const found = await findMarked(prefix);
    if (found.length === 0 || late.aborted)
      return found.map(({ pid, command }) => `process ${pid}: ${command}`);
    await sleep(20);
  }
}

/** All files and folders below `folder`, but for those whose path begins with one of `spared`. */
export async function findLeftFiles(folder: string, spared: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (spared.some((one) => path.startsWith(one))) return [];
      return entry.isDirectory() ? [`${path}/`, ...(await findLeftFiles(path, spared))] : [path];
    }),
  );
  return found.flat();
}
