import { appendFile, mkdtempDisposable, open, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { parseSpoolName, Spool } from '../../../src/drivers/qemu/console/spool.ts';
import { numberedLines } from '../../support/numbered-lines.ts';
import { canMount } from '../../support/small-disk.ts';

const MIB = 2 ** 20;
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

/** The bytes that a file really takes. */
const roomOf = async (path: string) => (await stat(path)).blocks * 512;

test.runIf(process.platform === 'linux')(
  'what has been read gives its room back while more is written, and the name says where the rest begins',
  async () => {
    await using it = await openSpool();
    const { spool } = it;
    const size = 40 * MIB;
    await using writer = await open(spool.path, 'a');
    const write = async () => {
      for (let at = 0; at < size; at += MIB) await writer.write(numberedLines(at, at + MIB));
      spool.end();
    };
    const writing = write();
    let read = 0;
    for await (const piece of spool) {
      // What is left is looked at in the midst of it: in the end nothing is.
      if (read > 32 * MIB) {
        const name = basename(spool.path);
        expect(parseSpoolName(name)?.base).toBe(7);
        const from = (parseSpoolName(name)?.from ?? 0) - 7;
        expect(from).toBeGreaterThan(16 * MIB);
        expect(await roomOf(spool.path)).toBeLessThanOrEqual((await spool.arrived()) - from + MIB);
      }
      expect(numberedLines(read, read + piece.length).equals(piece)).toBe(true);
      read += piece.length;
    }
    await writing;
    expect(read).toBe(size);
    expect(await readdir(it.folder)).toEqual([]);
  },
);

test.runIf(canMount)(
  'it is followed as well where the kernel has no watch left, and kept where no hole can be made',
  async () => {
    // A namespace of its own, in which nobody may watch a file.
    const follower = join(import.meta.dirname, '../../fixtures/spool-follower.ts');
    const script = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"';
    const args = ['--user', '--map-root-user', 'sh', '-c', script, 'sh', process.execPath, follower];
    const { stdout } = await execa('unshare', args);
    expect(JSON.parse(stdout)).toEqual({ watchable: false, whole: true, warnings: 1, size: 20 * MIB });
  },
);
