import { constants } from 'node:fs';
import { type FileHandle, open, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Log } from '../../../core/index.ts';
import { parseSpoolName } from './spool.ts';
import { Transcript } from './transcript.ts';

const PIECE = 256 * 1024;
const PLACE = 'transcript.json';

/** Where a transcript is, for whoever comes after its writer was killed. */
export interface TranscriptPlace {
  readonly folder: string;
  readonly limit: number;
}

/** Notes in the folder of the spools where their transcript is. */
export async function noteTranscript(spools: string, { folder, limit }: TranscriptPlace): Promise<void> {
  // Who comes after us may work in another folder.
  const place: TranscriptPlace = { folder: resolve(folder), limit };
  await writeFile(join(spools, PLACE), JSON.stringify(place), { mode: 0o600 });
}

/**
 * Completes the transcript of a recorder that was killed, by what QEMU has printed to its `spools`. Nothing happens where
 * nobody noted a transcript, or nothing is missing; where it fails, the log says so.
 */
export async function salvageTranscript(spools: string, log: Log): Promise<void> {
  try {
    await using noted = await openOurs(join(spools, PLACE));
    if (!noted) return;
    const { folder, limit }: TranscriptPlace = JSON.parse(await noted.readFile('utf8'));
    await using transcript = await Transcript.resume(folder, { limit });
    if (!transcript) return;
    const before = transcript.length;
    for (const spool of await findSpools(spools)) await append(transcript, spool);
    const fields = { transcript: transcript.path, from: before, to: transcript.length };
    if (transcript.loss)
      log.error(fields, `cannot complete the transcript: ${String(transcript.loss.cause)}`);
    else if (transcript.length > before) {
      await transcript.mark('salvaged');
      log.info(fields, 'completed the transcript of a killed run');
    }
  } catch (error) {
    log.error({ spools, reason: String(error) }, 'cannot complete the transcript of a killed run');
  }
}

interface FoundSpool {
  readonly path: string;
  readonly base: number;
  readonly from: number;
}

async function findSpools(folder: string): Promise<FoundSpool[]> {
  const names = await readdir(folder).catch(() => []);
  const found = names.flatMap((name) => {
    const parsed = parseSpoolName(name);
    return parsed ? [{ path: join(folder, name), ...parsed }] : [];
  });
  return found.sort((one, other) => one.base - other.base);
}

async function append(transcript: Transcript, { path, base, from }: FoundSpool): Promise<void> {
  await using spool = await openOurs(path);
  if (!spool) return;
  // What is no longer there had been recorded, or given up.
  transcript.lose(Math.max(0, from - transcript.length));
  for (const piece = Buffer.allocUnsafe(PIECE); ; ) {
    const { bytesRead } = await spool.read(piece, 0, PIECE, transcript.length - base);
    if (bytesRead === 0) return;
    await transcript.append(piece.subarray(0, bytesRead));
  }
}

/** QEMU, who may put files there as well, does not choose what we read. */
async function openOurs(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (!file) return undefined;
  const { uid, nlink } = await file.stat();
  if (uid === process.getuid?.() && nlink === 1) return file;
  await file.close();
  return undefined;
}
