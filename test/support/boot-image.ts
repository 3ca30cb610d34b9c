import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootSector } from '../fixtures/boot-sector.ts';

/** Writes the disk of a machine that counts in its memory. */
export async function writeBootImage(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const bytes = Buffer.alloc(2 ** 20, 'disk ');
  bytes.set(bootSector());
  const path = join(folder, 'boot.img');
  await writeFile(path, bytes);
  return path;
}
