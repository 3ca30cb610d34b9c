import { readdir, readFile } from 'node:fs/promises';

/** The processes whose command line has this word, the dead ones that nobody has buried left out. */
export async function findProcesses(word: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const found = await Promise.all(pids.map(async (pid) => (await isAt(pid, word)) && (await isAlive(pid))));
  return pids.filter((_, index) => found[index]);
}

/** True if the process runs: one that is dead and waits for its parent to take notice does not. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return status !== '' && !/^State:\s+[ZX]/m.test(status);
}

async function isAt(pid: number, word: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(word);
}
