import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const PIECE = 256 * 1024;

/** Completes the transcript in `folder` by what is left in `spools` of a recorder that was killed. */
export async function salvageConsole(spools: string, folder: string): Promise<void> {
  const found = (await readdir(spools).catch(() => [])).flatMap((name) => {
    const [, base] = /^console-(\d+)-(\d+)$/.exec(name) ?? [];
    return base === undefined ? [] : [{ path: join(spools, name), base: Number(base) }];
  });
  if (found.length === 0) return;
  await using transcript = await open(join(folder, 'console.log'), 'r+');
  for (const { path, base } of found.sort((one, other) => one.base - other.base)) {
    // QEMU, who may put files there as well, does not choose what we read.
    await using spool = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    await append(transcript, spool, base);
  }
}

async function append(transcript: FileHandle, spool: FileHandle, base: number): Promise<void> {
  const piece = Buffer.allocUnsafe(PIECE);
  for (let { size: offset } = await transcript.stat(); ; ) {
    const { bytesRead } = await spool.read(piece, 0, PIECE, offset - base);
    if (bytesRead === 0) return;
    await transcript.write(piece, 0, bytesRead, offset);
    offset += bytesRead;
  }
}
