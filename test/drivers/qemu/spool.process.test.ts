import { appendFile, mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { Spool } from '../../../src/drivers/qemu/console/spool.ts';

const log = createLog('silent');

async function openSpool() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-spool-')));
  const spool = await Spool.open(folder.path, 7, log);
  const held = stack.move();
  return { spool, folder: folder.path, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

test('takes what is written while nobody reads, tells what comes while somebody does, and leaves nothing', async () => {
  await using it = await openSpool();
  const { spool } = it;
  await appendFile(spool.path, 'early');
  const reader = spool[Symbol.asyncIterator]();
  expect(String((await reader.next()).value)).toBe('early');
  const late = reader.next();
  await appendFile(spool.path, 'late');
  expect(String((await late).value)).toBe('late');
  expect(await spool.arrived()).toBe(9);
  const rest = reader.next();
  spool.end();
  expect((await rest).done).toBe(true);
  expect(await readdir(it.folder)).toEqual([]);
});
