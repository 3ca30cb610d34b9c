import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openConsolePipe } from '../../../src/drivers/qemu/machine/console-pipe.ts';

test('takes what is written byte by byte while nobody reads, ends with its writer, and has no name', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-pipe-'));
  const { reader, writeEnd } = await openConsolePipe(folder.path);
  expect(await readdir(folder.path)).toEqual([]);
  const bytes = randomBytes(60_000);
  for (const byte of bytes) writeSync(writeEnd.fd, Uint8Array.of(byte));
  await writeEnd.close();
  expect(Buffer.concat(await Array.fromAsync(reader)).equals(bytes)).toBe(true);
});
