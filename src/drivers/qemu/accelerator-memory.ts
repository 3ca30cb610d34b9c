import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { makeLendingDir } from '../../core/index.ts';
import type { Verdict } from './accelerator-proof.ts';

/** What a verdict depends on. It holds until the host starts anew. */
export interface VerdictKey {
  /** Different at every start of the host; without one nothing is remembered. */
  readonly bootId: string | undefined;
  readonly binary: string;
  readonly version: string;
  readonly accelerator: string;
  readonly machine: string;
  readonly cpu: string;
}

const Remembered = z.object({
  bootId: z.string(),
  verdict: z.object({
    works: z.boolean(),
    evidence: z.string(),
    command: z.string(),
    exitCode: z.number().nullable(),
    signal: z.string().nullable(),
    stderr: z.string(),
  }),
});

/** The file in the cache that a verdict is kept in. */
export function verdictPath(cacheDir: string, { bootId: _, ...key }: VerdictKey): string {
  const parts = JSON.stringify(Object.entries(key).toSorted());
  const digest = createHash('sha256').update(parts).digest('hex').slice(0, 16);
  return join(cacheDir, 'accelerator', `${digest}.json`);
}

/** The verdict of the host's present run, if there is one. */
export async function recallVerdict(cacheDir: string, key: VerdictKey): Promise<Verdict | undefined> {
  try {
    const text = await readFile(verdictPath(cacheDir, key), 'utf8');
    const { bootId, verdict } = Remembered.parse(JSON.parse(text));
    return bootId === key.bootId ? verdict : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a verdict until the host starts anew. */
export async function rememberVerdict(cacheDir: string, key: VerdictKey, verdict: Verdict): Promise<void> {
  if (key.bootId === undefined) return;
  const path = verdictPath(cacheDir, key);
  // Images are lent from the same cache.
  await makeLendingDir(dirname(path));
  // Half of it counts as nothing remembered.
  await writeFile(path, `${JSON.stringify({ bootId: key.bootId, key, verdict }, null, 2)}\n`, {
    mode: 0o600,
  });
}
