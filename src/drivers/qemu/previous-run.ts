import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../core/index.ts';

const PREVIOUS = 'previous';
/** What a run leaves in its folder of artifacts; there may be other people's files as well. */
const OURS = /^(?:qemu\.sh|timeline\.jsonl|qmp\.jsonl|console\.(?:log|times\.jsonl)(?:\.new|\.\d+)?)$/;

/** Moves what the run before has left in `folder` into a folder `previous` there, in place of what is in that. */
export async function keepPreviousRun(folder: string): Promise<void> {
  const left = await namesIn(folder);
  if (left.length === 0) return;
  const previous = join(folder, PREVIOUS);
  await makeFolder(previous, 0o700);
  for (const name of await namesIn(previous)) await rm(join(previous, name));
  for (const name of left) await rename(join(folder, name), join(previous, name));
}

const namesIn = async (folder: string) =>
  (await readdir(folder).catch(() => [])).filter((name) => OURS.test(name));
