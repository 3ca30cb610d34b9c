import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a machine has for itself, in bytes. */
export interface PrivateSpace {
  /** Of its QEMU: what that has written to. Pages that it has from a file, or from the machine it started from, are not among it. */
  readonly memory: number;
  /** Of its disks, the variables of its firmware and its seed: what lies in its own files, not in what they lie over. */
  readonly disk: number;
}

/** What the machine takes whose files lie in the folder `run`, and whose QEMU is `pid`, if there is one. */
export async function privateSpace(run: string, pid: number | undefined): Promise<PrivateSpace> {
  const [memory, disk] = await Promise.all([pid === undefined ? 0 : privateMemory(pid), filesIn(run)]);
  return { memory, disk };
}

/** None of a process that has ended. */
async function privateMemory(pid: number): Promise<number> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const smaps = await read('smaps');
  // Who may not look into a process may still know how large it is.
  return smaps === '' ? sizes(await read('status'), 'RssAnon', 'VmSwap') : privateBytes(smaps);
}

/**
 * Bytes that a process has for itself, of its `/proc/<pid>/smaps` (proc(5)).
 *
 * Of a private mapping it is what was copied at a write: pages of a file in memory are dirty to the kernel, and private to the only one that
 * happens to look at them, but they are the file's.
 */
export function privateBytes(smaps: string): number {
  const mappings = smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return mappings.reduce((sum, text) => {
    const isShared = /^\S+ ...s/.test(text);
    return sum + sizes(text, isShared ? 'Private_Dirty' : 'Anonymous', 'Swap');
  }, 0);
}

/** The sum of these fields in bytes, as the kernel writes them: `Name:   12 kB`. */
function sizes(text: string, ...names: readonly string[]): number {
  const values = names.map((name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0));
  return values.reduce((sum, value) => sum + value * 1_024, 0);
}

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
  const blocks = await Promise.all(
    files.map((path) =>
      stat(path).then(
        (it) => it.blocks,
        () => 0,
      ),
    ),
  );
  return blocks.reduce((sum, count) => sum + count * 512, 0);
}
