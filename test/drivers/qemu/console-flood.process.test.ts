import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const FLOOD = join(import.meta.dirname, '../../fixtures/console-flood.ts');
const MIB = 2 ** 20;

/** How much more memory a machine that prints all it can, and its readers, may take; as much for a GiB (`npm run soak`). */
const MOST = 128;

test('128 MiB of console: every reader gets every byte at its own pace, in memory that does not grow with them', async () => {
  const { stdout } = await execa(process.execPath, [FLOOD, String(128 * MIB)]);
  const { read, expected, memory } = JSON.parse(stdout);
  expect(read).toEqual({ all: expected.all, late: expected.all, file: expected.all, half: expected.half });
  expect(memory.peak - memory.before).toBeLessThan(MOST);
});
