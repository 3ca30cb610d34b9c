import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CachedFile } from './kept.ts';

/** Name, size and SHA-256 of a file. */
export async function describeFile(
  dir: string,
  name: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<CachedFile> {
  const path = join(dir, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash, { signal: options.signal });
  return { name, size: (await stat(path)).size, sha256: hash.digest('hex') };
}
