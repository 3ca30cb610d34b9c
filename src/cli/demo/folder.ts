import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, mistake } from '../../core/index.ts';

/** What a demo leaves. */
const LEAVINGS = [
  ...['console.log', 'console.times.jsonl', 'qemu.sh', 'qmp.jsonl', 'timeline.jsonl'],
  ...['timeline.json', 'timeline.txt', 'booted.png'],
];

/**
 * Makes the folder of a demo, and removes what an earlier one left there: nothing else, as the user may name any folder.
 *
 * @throws ConfigError when there can be no such folder.
 */
export async function openDemoFolder(path: string): Promise<void> {
  await makeFolder(path, 0o700).catch((cause: NodeJS.ErrnoException) => {
    throw mistake('--out', `got ${JSON.stringify(path)}, where no folder can be made (${cause.code})`, {
      cause,
    });
  });
  await Promise.all(LEAVINGS.map((name) => rm(join(path, name), { force: true })));
}
