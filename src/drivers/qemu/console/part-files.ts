import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMarks } from './marks.ts';

/** The two files of each part. What follows their names is nothing while they are written, their offset afterwards. */
export const BYTES = 'console.log';
export const TIMES = 'console.times.jsonl';
/** While a part is made. */
export const NEW = '.new';

const ASIDE = /^console\.log\.(\d{15})$/;

/** What follows the names of a part that was put aside. */
export const asideSuffix = (base: number) => `.${String(base).padStart(15, '0')}`;

/** Where a part begins, and what follows its names. */
export interface FoundPart {
  readonly base: number;
  readonly suffix: string;
}

/** Removes every part in `folder`. */
export async function clearParts(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (/^console\.(log|times\.jsonl)(\.new|\.\d{15})?$/.test(name)) await rm(join(folder, name));
}

/** The parts in `folder`, oldest first, also when their writer was killed while it began a new one. */
export async function findParts(folder: string): Promise<FoundPart[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  const bases = names.flatMap((name) => ASIDE.exec(name)?.[1] ?? []).map(Number);
  const aside = bases.sort((one, other) => one - other).map((base) => ({ base, suffix: asideSuffix(base) }));
  const last = aside.at(-1);
  if (names.includes(BYTES)) {
    const base = (await firstOffset(folder)) ?? (last ? last.base + (await sizeOf(folder, last)) : 0);
    return [...aside, { base, suffix: '' }];
  }
  // Its bytes were put aside, and its times were next.
  if (last && names.includes(TIMES) && !names.includes(TIMES + last.suffix))
    await rename(join(folder, TIMES), join(folder, TIMES + last.suffix));
  return aside;
}

async function firstOffset(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, TIMES), 'utf8').catch(() => '');
  return parseMarks(text.slice(0, text.indexOf('\n') + 1))[0]?.offset;
}

const sizeOf = async (folder: string, { suffix }: FoundPart) =>
  (await stat(join(folder, BYTES + suffix))).size;
