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
  const rollup = await read('smaps_rollup');
  // Who may not look into a process may still know how large it is.
  const fields =
    rollup === '' ? field(await read('status'), 'RssAnon', 'VmSwap') : field(rollup, 'Private_Dirty', 'Swap');
  return fields * 1_024;
}

/** The sum of these fields, as the kernel writes them: `Name:   12 kB`. */
function field(text: string, ...names: readonly string[]): number {
  const values = names.map((name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0));
  return values.reduce((sum, value) => sum + value, 0);
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
