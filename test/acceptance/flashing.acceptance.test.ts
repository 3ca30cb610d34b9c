/** What is flashed to a machine, and what is read back from it: whole images only, whatever they come as. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome, serveQemu } from '../support/tiny-machine.ts';

const MIB = 2 ** 20;
/** Something of everything: bytes that do not compress, zeros, and text. */
const IMAGE = Buffer.concat([randomBytes(MIB), Buffer.alloc(6 * MIB), Buffer.alloc(MIB, 'some text ')]);

const throughProgram = async (program: string, bytes: Uint8Array) =>
  (await execa(program, ['-c'], { input: bytes, encoding: 'buffer' })).stdout;

const COMPRESSIONS: Record<string, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>> = {
  gz: gzipSync,
  xz: (bytes) => throughProgram('xz', bytes),
  bz2: (bytes) => throughProgram('bzip2', bytes),
  zst: zstdCompressSync,
};

const openMachine = () =>
  serveQemu({ arch: 'x86_64', firmware: 'bios', memory: '64MiB', accelerator: 'tcg', cloudInit: false });

const stack = new AsyncDisposableStack();
let home: string;
let vm: Awaited<ReturnType<typeof openMachine>>;

beforeAll(async () => {
  home = stack.use(await openHome()).path;
  vm = stack.use(await openMachine());
});
afterAll(() => stack.disposeAsync());

async function dump(): Promise<Buffer> {
  const path = join(home, 'dump.img');
  await vm.flasher.dump(path);
  return await readFile(path);
}

const flashOther = () => vm.flasher.flash(Buffer.from('another image, of an odd length'));

test('nothing was flashed: nothing is to be read', async () => {
  await expect(vm.flasher.dump(join(home, 'none.img'))).rejects.toMatchObject({ code: 'not-found' });
});

test('a file as it is, with its progress', async () => {
  const path = join(home, 'disk.img');
  await writeFile(path, IMAGE);
  const told: { bytes: number; total: number | null }[] = [];
  await vm.flasher.flash(path, { onProgress: (progress) => told.push(progress) });
  expect(told.at(-1)).toMatchObject({ bytes: IMAGE.length, total: IMAGE.length });
  expect((await dump()).equals(IMAGE)).toBe(true);
});

test.for(Object.entries(COMPRESSIONS))('a file compressed as .%s', async ([suffix, compress]) => {
  await flashOther();
  const path = join(home, `disk.img.${suffix}`);
  await writeFile(path, await compress(IMAGE));
  await vm.flasher.flash(path);
  expect((await dump()).equals(IMAGE)).toBe(true);
});

test('chunks of bytes', async () => {
  await flashOther();
  async function* chunks() {
    for (let at = 0; at < IMAGE.length; at += 100_000) yield IMAGE.subarray(at, at + 100_000);
  }
  await vm.flasher.flash(chunks());
  expect((await dump()).equals(IMAGE)).toBe(true);
});

test('the body of a URL, compressed', async () => {
  await flashOther();
  const body = gzipSync(IMAGE);
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  stack.defer(() => void server.close());
  const { port } = server.address() as AddressInfo; // SAFE: it listens on a TCP port
  await vm.flasher.flash(`http://127.0.0.1:${port}/disk.img.gz`);
  expect((await dump()).equals(IMAGE)).toBe(true);
});

test('a qcow2 image stays one', async () => {
  const [raw, path] = [join(home, 'disk.img'), join(home, 'disk.qcow2')];
  await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, path]);
  await vm.flasher.flash(path);
  expect((await dump()).equals(await readFile(path))).toBe(true);
});

test.for(['gz', 'xz', 'bz2', 'zst', 'qcow2'])(
  'one that is cut short is refused, and the old one stays: .%s',
  async (suffix) => {
    const old = Buffer.from(`the image before the broken one as .${suffix}`);
    await vm.flasher.flash(old);
    const whole = await readFile(join(home, suffix === 'qcow2' ? 'disk.qcow2' : `disk.img.${suffix}`));
    const path = join(home, `short.${suffix}`);
    await writeFile(path, whole.subarray(0, whole.length / 2));
    await expect(vm.flasher.flash(path)).rejects.toMatchObject({
      code: 'image',
      fault: 'caller',
      source: path,
    });
    await vm.power.on();
    await vm.power.off({ mode: 'forced' });
    expect((await dump()).subarray(0, old.length).equals(old)).toBe(true);
  },
);
