import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const MIB = 2 ** 20;

/** Writes a file of `size` MiB, no two of them alike. */
export async function writeImage(path: string, size: number): Promise<void> {
  const block = randomBytes(MIB);
  const blocks = function* () {
    for (let index = 0; index < size; index++) {
      const copy = Buffer.from(block);
      copy.writeUInt32BE(index, 0);
      yield copy;
    }
  };
  await pipeline(Readable.from(blocks()), createWriteStream(path));
}

/** The SHA-256 of a file. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
