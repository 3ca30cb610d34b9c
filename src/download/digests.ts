import { createHash } from 'node:crypto';
import { refused } from './address.ts';

/** What a file must be, in hexadecimal digits. */
export interface Digests {
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
}

const ALGORITHMS = ['sha256', 'sha512'] as const;

/** Passes the chunks on. @throws ImageError at their end when they were not what is expected. */
export async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  expected: Digests,
  source: string,
): AsyncGenerator<Uint8Array, void> {
  const hashes = ALGORITHMS.flatMap((name) => {
    const wanted = expected[name]?.toLowerCase();
    return wanted === undefined ? [] : [{ name, wanted, hash: createHash(name) }];
  });
  for await (const chunk of chunks) {
    for (const { hash } of hashes) hash.update(chunk);
    yield chunk;
  }
  for (const { name, wanted, hash } of hashes) {
    const found = hash.digest('hex');
    if (found !== wanted) throw wrongDigest(name, found, wanted, source);
  }
}

/** What was read is not what was expected. */
export function wrongDigest(name: keyof Digests, found: string, wanted: string, source: string): Error {
  const title = name.replace('sha', 'SHA-');
  return refused(`wrong checksum: its ${title} is ${found}, expected ${wanted}`, source);
}
