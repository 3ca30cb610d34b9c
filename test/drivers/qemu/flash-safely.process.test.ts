/** Flashing through an exporter that goes wrong: the reason is raised, no part of the image stays, and the old one boots. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Connected, connect } from 'jumplead';
import { openSession } from 'jumplead/exporter';
import { qemu } from 'jumplead/qemu';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { bootSector } from '../../fixtures/boot-sector.ts';
import { type BrokenHost, openBrokenHost } from '../../fixtures/broken-host.ts';
import { linesOf } from '../../support/lines.ts';
import { canMount, openSmallDisk } from '../../support/small-disk.ts';
import { BOOT, openHome } from '../../support/tiny-machine.ts';

const MIB = 2 ** 20;
const PASSPHRASE = 'of this test';
const ENDLESS = join(import.meta.dirname, '../../fixtures/endless-flash.ts');
const RIG = qemu({
  arch: 'x86_64',
  firmware: 'bios',
  memory: '64MiB',
  accelerator: 'tcg',
  cloudInit: false,
});
type Machine = Connected<typeof RIG>;

/** A disk that boots, and something else that would not. */
const GOOD = Buffer.concat([bootSector(), Buffer.alloc(MIB, 'disk ')]);
const OTHER = Buffer.concat([randomBytes(MIB), Buffer.alloc(MIB)]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const stack = new AsyncDisposableStack();
let home: string;
let address: string;
let vm: Machine;
let host: BrokenHost;

/** An exporter, and its address. Clients of it are remote, also those in this process. */
async function openExporter(owner: AsyncDisposableStack): Promise<string> {
  const session = owner.use(await openSession(RIG, { log: pino({ level: 'silent' }) }));
  const at = await session.listen({ host: '127.0.0.1', port: 0, insecure: true, passphrase: PASSPHRASE });
  return `${at.host}:${at.port}`;
}
const connectTo = (to: string) => connect(to, RIG, { insecure: true, passphrase: PASSPHRASE });

beforeAll(async () => {
  home = stack.use(await openHome()).path;
  host = stack.use(await openBrokenHost());
  address = await openExporter(stack);
  vm = stack.use(await connectTo(address));
  await vm.flasher.flash(GOOD);
});
afterAll(() => stack.disposeAsync());

/** The store holds the good image and nothing else, and the machine boots from it. */
async function expectUnharmed(machine = vm, cache = join(home, 'cache')): Promise<void> {
  const store = join(cache, 'images/flashed');
  expect(await readdir(join(store, 'content'))).toEqual([sha256(GOOD)]);
  expect(await readdir(join(store, 'incoming'))).toEqual([]);
  await machine.power.on();
  await using tty = await machine.console.open({ from: 'boot' });
  await tty.expect(/ready/, BOOT);
  await machine.power.off({ mode: 'forced' });
}

const incoming = () => readdir(join(home, 'cache/images/flashed/incoming'));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(home, name);
  await writeFile(path, bytes);
  return path;
}

describe('a checksum that is wrong', () => {
  const wrong = sha256(Buffer.from('something else'));
  const refused = (source: string) => ({
    code: 'image',
    source,
    message: expect.stringContaining(`wrong checksum: its SHA-256 is ${sha256(OTHER)}, expected ${wrong}`),
  });

  test('of a file', async () => {
    const path = await file('other.img', OTHER);
    await expect(vm.flasher.flash(path, { sha256: wrong })).rejects.toMatchObject(refused(path));
    await expectUnharmed();
  });

  test('of an upload', async () => {
    await expect(vm.flasher.flash(OTHER, { sha256: wrong })).rejects.toMatchObject(
      refused('the uploaded image'),
    );
    const { code } = await vm.flasher.flash(OTHER, { sha512: '0'.repeat(128) }).catch((error) => error);
    expect(code).toBe('image');
    await expectUnharmed();
  });

  test('of a URL', async () => {
    host.serve('/other.img', { bytes: OTHER });
    const url = `${host.url}/other.img`;
    await expect(vm.flasher.flash(url, { sha256: wrong })).rejects.toMatchObject(refused(url));
    await expectUnharmed();
  });

  test('in the file of the publisher, by its path and by its URL', async () => {
    host.serve('/other.img', { bytes: OTHER });
    host.serve('/SHA256SUMS', { bytes: Buffer.from(`${wrong} *other.img\n`) });
    const checksums = await file('SHA256SUMS', Buffer.from(`${wrong}  other.img\n`));
    const url = `${host.url}/other.img`;
    await expect(vm.flasher.flash(url, { checksums })).rejects.toMatchObject(refused(url));
    const path = await file('other.img', OTHER);
    const remote = { checksums: new URL(`${host.url}/SHA256SUMS`) };
    await expect(vm.flasher.flash(path, remote)).rejects.toMatchObject(refused(path));
    await expectUnharmed();
  });

  test('or is none, or of another file, is found before anything is done', async () => {
    await expect(vm.flasher.flash(OTHER, { sha256: 'abc' })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('sha256: got "abc"; expected 64 hexadecimal digits'),
    });
    const checksums = await file('SUMS', Buffer.from(`${wrong}  another.img\n`));
    const path = await file('other.img', OTHER);
    await expect(vm.flasher.flash(path, { checksums })).rejects.toMatchObject({
      code: 'image',
      source: checksums,
    });
    await expect(vm.flasher.flash(OTHER, { checksums })).rejects.toMatchObject({ code: 'config' });
  });
});

describe('what a server sends', () => {
  test.for([
    ['is cut short', { cutAfter: MIB }, { code: 'unreachable' }],
    ['is not there', { status: 404 }, { code: 'image', message: expect.stringContaining('HTTP 404') }],
    [
      'is a page',
      { bytes: Buffer.from('<html>') },
      { code: 'image', reason: expect.stringContaining('web page') },
    ],
    [
      'redirects to a login',
      { status: 302, location: '/login' },
      { code: 'image', reason: expect.stringMatching(/login needed/) },
    ],
  ] as const)('%s', async ([, reply, error]) => {
    host.serve('/other.img', { bytes: OTHER, ...reply });
    host.serve('/login', { bytes: Buffer.from('<form>'), type: 'text/html' });
    await expect(vm.flasher.flash(`${host.url}/other.img`)).rejects.toMatchObject(error);
    await expectUnharmed();
  });

  test('is cut, but can be told from every other file: then the rest is fetched', async () => {
    const bytes = Buffer.concat([GOOD, Buffer.alloc(MIB, 'more ')]);
    host.serve('/more.img', { bytes, etag: '"more"' }, { cutAfter: MIB });
    const before = host.seen.length;
    await vm.flasher.flash(`${host.url}/more.img`, { sha256: sha256(bytes) });
    const [first, rest] = host.seen.slice(before);
    expect(first?.sent).toBe(MIB);
    expect(rest?.headers.range).toBe(`bytes=${bytes.length - (rest?.sent ?? 0)}-`);
    expect(rest?.sent).toBeLessThan(bytes.length);
    await vm.flasher.flash(GOOD);
    await rm(join(home, 'cache/images/flashed/content', sha256(bytes)));
    await expectUnharmed();
  });

  test('ends within its compression', async () => {
    const { stdout } = await execa('xz', ['-c'], { input: OTHER, encoding: 'buffer' });
    const short = stdout.subarray(0, stdout.length / 2);
    host.serve('/other.img.xz', { bytes: short });
    const damaged = { code: 'image', reason: expect.stringContaining('xz: ') };
    await expect(vm.flasher.flash(`${host.url}/other.img.xz`)).rejects.toMatchObject(damaged);
    await expect(vm.flasher.flash(await file('short.img.xz', short))).rejects.toMatchObject(damaged);
    await expectUnharmed();
  });
});

describe('a client', () => {
  test('that gives up gets its own reason', async () => {
    const caller = new AbortController();
    const reason = new Error('enough');
    async function* some() {
      yield OTHER;
      caller.abort(reason);
      await new Promise(() => undefined);
    }
    await expect(vm.flasher.flash(some(), { signal: caller.signal })).rejects.toBe(reason);
    await nothingComesIn();
    await expectUnharmed();
  });

  test('that is killed in the middle of its upload has flashed nothing', async () => {
    const child = spawn(process.execPath, [ENDLESS, address, PASSPHRASE], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    expect((await linesOf(child.stdout).next()).value).toBe('sending');
    expect(await incoming()).not.toEqual([]);
    child.kill('SIGKILL');
    await closed;
    await nothingComesIn();
    await expectUnharmed();
  });

  test('that flashes another image to the same machine at the same time is told who is at it', async () => {
    await using other = await connectTo(address);
    const caller = new AbortController();
    const { promise: started, resolve: onStart } = Promise.withResolvers<void>();
    async function* slow() {
      yield OTHER;
      await new Promise(() => undefined);
    }
    const first = vm.flasher.flash(slow(), { signal: caller.signal, onProgress: () => onStart() });
    await started;
    await expect(other.flasher.flash(GOOD)).rejects.toMatchObject({
      code: 'busy',
      operation: 'flasher.flash',
      holder: expect.any(String),
      since: expect.stringMatching(/^\d{4}-/),
    });
    caller.abort();
    await expect(first).rejects.toThrow();
    await nothingComesIn();
    await expectUnharmed();
  });
});

test('two machines that are flashed with the same image at once, copy it once', async () => {
  await using own = new AsyncDisposableStack();
  const second = own.use(await connectTo(await openExporter(own)));
  host.serve('/good.img', { bytes: GOOD, etag: '"good"' });
  const before = host.seen.length;
  const url = `${host.url}/good.img`;
  await Promise.all([vm, second].map((machine) => machine.flasher.flash(url)));
  expect(host.seen.slice(before).map(({ sent }) => sent)).toEqual([GOOD.length, 0]);
  await expectUnharmed();
  await expectUnharmed(second);
});

describe.runIf(canMount)('a full disk', () => {
  test('is told, and the old image stays', async () => {
    await using own = new AsyncDisposableStack();
    const { path: cache } = own.use(await openSmallDisk(16 * MIB, '711'));
    vi.stubEnv('JUMPLEAD_CACHE', cache);
    own.defer(() => void vi.stubEnv('JUMPLEAD_CACHE', join(home, 'cache')));
    const machine = own.use(await connectTo(await openExporter(own)));
    await machine.flasher.flash(GOOD);
    async function* tooMuch() {
      for (let count = 0; count < 32; count++) yield randomBytes(MIB);
    }
    await expect(machine.flasher.flash(tooMuch())).rejects.toMatchObject({
      code: 'capacity',
      fault: 'lab',
      free: expect.any(Number),
      message: expect.stringContaining(`no space left for the uploaded image in ${cache}`),
    });
    await expectUnharmed(machine, cache);
  });
});

/** Resolves when nothing is on its way into the store any more: whoever was at it has cleaned up. */
async function nothingComesIn(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = async () => {
    if ((await incoming()).length === 0) resolve();
  };
  const watcher = watch(join(home, 'cache/images/flashed/incoming'), () => void look().catch(reject));
  await look();
  await promise;
  watcher.close();
  // What it held may be given up a moment later.
  await vm.power.off({ mode: 'forced' });
}
