import { createHash } from 'node:crypto';
import { chmod, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog, type Progress, runTool } from '../../../src/core/index.ts';
import type { CallContext, DriverNode } from '../../../src/driver/index.ts';
import { type QemuConfigInput, qemu } from '../../../src/drivers/qemu/index.ts';
import {
  Console,
  Display,
  type Handlers,
  ImageFlasher,
  type Interface,
  type Sink,
  Ssh,
  VirtualPower,
} from '../../../src/interfaces/index.ts';
import { bootSector, KEYS } from '../../fixtures/boot-sector.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { caller, readUntil, type } from './test-machine.ts';

const MIB = 2 ** 20;

let home: Awaited<ReturnType<typeof mkdtempDisposable>>;

beforeEach(async () => {
  home = await mkdtempDisposable(join(tmpdir(), 'jumplead-driver-'));
  // As root QEMU runs as another user, who must get at his files.
  await chmod(home.path, 0o711);
  vi.stubEnv('XDG_STATE_HOME', join(home.path, 'state'));
  vi.stubEnv('XDG_CACHE_HOME', join(home.path, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await home.remove();
});

/** The handlers of a child, if it has that interface. */
function part<I extends Interface>(node: DriverNode, name: string, contract: I): Handlers<I, CallContext> {
  const child = node.children[name];
  if (child?.interface.id !== contract.id) throw new Error(`${name} is no ${contract.id}`);
  return child.handlers as Handlers<I, CallContext>; // SAFE: it has this interface
}

async function open(config: QemuConfigInput) {
  const artifacts = join(home.path, 'artifacts');
  const { signal } = caller();
  const node = await qemu(config).open({ log: createLog('silent'), signal, path: '', artifacts });
  return {
    node,
    machine: node.handlers,
    artifacts,
    power: part(node, 'power', VirtualPower),
    flasher: part(node, 'flasher', ImageFlasher),
    console: part(node, 'console', Console),
    [Symbol.asyncDispose]: async () => await node.close?.(),
  };
}

/** An image of 1 MiB that starts with the boot sector. */
async function bootImage(): Promise<{ path: string; bytes: Buffer }> {
  const bytes = Buffer.alloc(MIB, 'disk ');
  bytes.set(bootSector());
  const path = join(home.path, 'boot.img');
  await writeFile(path, bytes);
  return { path, bytes };
}

/** A sink that keeps what it gets, and whether it was all. */
function collect() {
  const chunks: Uint8Array[] = [];
  let complete = false;
  const writer = {
    write: async (chunk: Uint8Array) => void chunks.push(chunk.slice()),
    close: async () => {
      complete = true;
    },
    abort: async () => undefined,
  };
  const sink: Sink = { kind: 'stream', writer };
  return { sink, bytes: () => (complete ? Buffer.concat(chunks) : undefined) };
}

const NEXT = { from: 'next', takeOver: false } as const;

test('flash, power on, talk, power off, power on again: the disk keeps what the guest wrote, the image does not change', async () => {
  await using it = await open(BIOS);
  const { path, bytes } = await bootImage();
  const context = caller();
  const progress: Progress[] = [];
  for await (const item of it.flasher.flashStream({ kind: 'local_path', path }, null, null, context))
    progress.push(item);
  expect(progress.at(-1)).toMatchObject({ bytes: MIB, total: MIB });
  const before = collect();
  await it.flasher.dump(before.sink, 'root', context);
  expect(before.bytes()).toEqual(bytes);
  for (let round = 0; round < 2; round++) {
    await it.power.on(context);
    await using tty = await it.console.connect(NEXT, context);
    await readUntil(tty, 'ready');
    if (round === 0) await type(tty, KEYS.write);
    if (round === 0) await readUntil(tty, 'written');
    expect(await it.power.off({ mode: 'graceful' }, context)).toBe('graceful');
  }
  const after = collect();
  await it.flasher.dump(after.sink, null, context);
  const written = Buffer.from(bytes);
  written.set(bootSector(), 512);
  expect(after.bytes()).toEqual(written);
  expect(await readFile(path)).toEqual(bytes);
  expect(await readFile(join(home.path, 'cache/jumplead/images/flashed/content', sha256(bytes)))).toEqual(
    bytes,
  );
});

test.skipIf(process.getuid?.() !== 0)(
  'a disk that names a file which QEMU could not read is not dumped, though we could read it',
  async () => {
    await using it = await open(BIOS);
    const { path } = await bootImage();
    const context = caller();
    for await (const _ of it.flasher.flashStream({ kind: 'local_path', path }, null, null, context));
    await it.power.on(context);
    await it.power.off(null, context);
    const secret = join(home.path, 'secret');
    await writeFile(secret, Buffer.alloc(MIB, 'secret'), { mode: 0o600 });
    const runs = join(home.path, 'state/jumplead/runs');
    const [run = ''] = (await readdir(runs)).filter((name) => !name.endsWith('.lock'));
    const overlay = join(runs, run, 'root.qcow2');
    await runTool('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-F', 'raw', '-b', secret, overlay]);
    const dumped = collect();
    await expect(it.flasher.dump(dumped.sink, null, context)).rejects.toMatchObject({
      code: 'launch',
      stderr: expect.stringContaining('Permission denied'),
    });
    expect(dumped.bytes()).toBeUndefined();
  },
);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a known image is flashed by its digest; flashing starts the disk anew', async () => {
  await using it = await open(BIOS);
  const { path, bytes } = await bootImage();
  const context = caller();
  expect(await it.flasher.hasImage(sha256(bytes), context)).toBe(false);
  await expect(it.flasher.flashKnown(sha256(bytes), null, context)).rejects.toMatchObject({
    code: 'not-found',
  });
  await it.flasher.flash({ kind: 'local_path', path }, null, context);
  expect(await it.flasher.hasImage(sha256(bytes), context)).toBe(true);
  await it.power.on(context);
  await using tty = await it.console.connect(NEXT, context);
  await readUntil(tty, 'ready');
  await type(tty, KEYS.write);
  await readUntil(tty, 'written');
  await it.power.off(null, context);
  await it.flasher.flashKnown(sha256(bytes), null, context);
  const dumped = collect();
  await it.flasher.dump(dumped.sink, null, context);
  expect(dumped.bytes()).toEqual(bytes);
});

test('what cannot be flashed or dumped, says why, and the old image stays', async () => {
  await using it = await open(BIOS);
  const { path, bytes } = await bootImage();
  const context = caller();
  const source = { kind: 'local_path', path } as const;
  await expect(it.flasher.dump(collect().sink, null, context)).rejects.toMatchObject({ code: 'not-found' });
  await expect(it.flasher.flash(source, 'home', context)).rejects.toMatchObject({
    code: 'config',
    message: 'partition: got "home"; allowed: root, bios, OVMF_CODE.fd, OVMF_VARS.fd',
  });
  await expect(
    it.flasher.flash(source, null, { ...context, peer: { name: 'far away', local: false } }),
  ).rejects.toMatchObject({ code: 'unsupported' });
  await it.flasher.flash(source, null, context);
  const empty = { kind: 'stream', chunks: (async function* () {})() } as const;
  await expect(it.flasher.flash(empty, null, context)).rejects.toMatchObject({ code: 'image' });
  const dumped = collect();
  await it.flasher.dump(dumped.sink, null, context);
  expect(dumped.bytes()).toEqual(bytes);
  await it.power.on(context);
  const refused = { code: 'state', state: 'running', needed: 'off' };
  await expect(it.flasher.flash(source, null, context)).rejects.toMatchObject(refused);
  await expect(it.flasher.dump(collect().sink, null, context)).rejects.toMatchObject(refused);
});

test('an upload that waits for its bytes is ended by a forced off', async () => {
  await using it = await open(BIOS);
  const waiting = Promise.withResolvers<void>();
  const chunks = (async function* () {
    waiting.resolve();
    await new Promise(() => undefined);
    yield new Uint8Array();
  })();
  const flash = it.flasher.flash({ kind: 'stream', chunks }, null, caller('connection 1'));
  await waiting.promise;
  await expect(it.power.on(caller())).rejects.toMatchObject({ code: 'busy', holder: 'connection 1' });
  const refused = expect(flash).rejects.toMatchObject({ code: 'state' });
  expect(await it.power.off(null, caller())).toBe('already');
  await refused;
});

test('screen, ports and description of a machine that is on; a StateError while it is off', async () => {
  await using it = await open({ ...BIOS, forwards: { web: { guestPort: 80 } } });
  const context = caller();
  const vnc = part(it.node, 'vnc', Display);
  const ssh = part(it.node, 'ssh', Ssh);
  const off = { code: 'state', state: 'off' };
  await expect(vnc.connect(undefined, context)).rejects.toMatchObject(off);
  await expect(vnc.screenshot(undefined, context)).rejects.toMatchObject(off);
  await expect(ssh.address(context)).rejects.toMatchObject(off);
  await it.power.on(context);
  await using screen = await vnc.connect(undefined, context);
  expect(await readUntil(screen, 'RFB')).toMatch(/^RFB 003\.008\n/);
  const picture: Uint8Array[] = [];
  for await (const chunk of await vnc.screenshot(undefined, context)) picture.push(chunk);
  expect(PNG.sync.read(Buffer.concat(picture)).width).toBeGreaterThan(100);
  const { forwards, command, accelerator, pace } = await it.machine.describe(context);
  expect(pace?.factor).toBeGreaterThanOrEqual(1);
  expect(pace?.reason).toMatch(/^x86_64 emulated on \w+, this host takes \d+\.\d times as long/);
  expect(forwards).toEqual({
    ssh: { host: '127.0.0.1', hostPort: expect.any(Number), guestPort: 22 },
    web: { host: '127.0.0.1', hostPort: expect.any(Number), guestPort: 80 },
  });
  expect(await ssh.address(context)).toBe(`tcp://127.0.0.1:${forwards['ssh']?.hostPort}`);
  expect(command.join(' ')).toContain('qemu-system-x86_64');
  expect(accelerator.name).toBe('tcg');
});

test('a run leaves its trail, and nothing else', async () => {
  let artifacts: string;
  {
    await using it = await open(BIOS);
    artifacts = it.artifacts;
    await it.power.on(caller());
  }
  expect((await readdir(artifacts)).sort()).toEqual([
    'console.log',
    'console.times.jsonl',
    'qemu.sh',
    'qmp.jsonl',
    'timeline.jsonl',
  ]);
  expect(await readFile(join(artifacts, 'qemu.sh'), 'utf8')).toContain('qemu-system-x86_64');
  expect(await readdir(join(home.path, 'state/jumplead/runs'))).toEqual([]);
});

test('a disk that was grown stays so; it does not shrink', async () => {
  await using it = await open(BIOS);
  const { path } = await bootImage();
  const context = caller();
  const { machine } = it;
  await it.flasher.flash({ kind: 'local_path', path }, null, context);
  await machine.setDiskSize('8MiB', context);
  await it.power.on(context);
  await it.power.off(null, context);
  const dumped = collect();
  await it.flasher.dump(dumped.sink, null, context);
  expect(dumped.bytes()?.length).toBe(8 * MIB);
  await machine.setDiskSize('4MiB', context);
  await expect(it.power.on(context)).rejects.toMatchObject({
    code: 'config',
    issues: [{ path: 'diskSize' }],
  });
  await machine.setDiskSize('512KiB', context);
  await expect(it.power.on(context)).rejects.toMatchObject({ code: 'config' });
  await expect(machine.setMemorySize('1MiB', context)).rejects.toMatchObject({ code: 'config' });
});
