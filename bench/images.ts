import { randomBytes, randomInt } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../src/core/index.ts';

/** Bytes of data in the image. */
const SIZE = 256 * 2 ** 20;
const BLOCK = 2 ** 20;

/** A qcow2 of 256 MiB that nobody has seen before, full of data; compressed it is half as large. */
export async function makeImage(folder: string, name: string): Promise<{ path: string; size: number }> {
  const raw = join(folder, `${name}.raw`);
  const path = join(folder, `${name}.qcow2`);
  await writeFile(raw, blocks());
  await runTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, path]);
  await rm(raw);
  return { path, size: await sizeOf(path) };
}

/** Changes the data of an image in one place: the same in all that matters, but another file. */
export async function renewImage(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  // Far from the tables at the beginning: guest data.
  await file.write(randomBytes(64), 0, 64, SIZE / 2 + randomInt(BLOCK));
}

async function sizeOf(path: string): Promise<number> {
  await using file = await open(path);
  return (await file.stat()).size;
}

function* blocks(): Generator<Buffer> {
  for (let at = 0; at < SIZE; at += BLOCK) {
    const block = randomBytes(BLOCK);
    // Sixteen of all bytes: four bits of eight are news.
    for (let index = 0; index < BLOCK; index++) block[index] = (block[index] ?? 0) & 0x0f;
    yield block;
  }
}
