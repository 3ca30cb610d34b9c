import { createHash, randomBytes } from 'node:crypto';
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, serve, sessionOf } from 'jumplead';
import {
  fakeFlasher,
  fakeImageFlasher,
  fakeMachine,
  fakeNetwork,
  fakePower,
  fakeStorageMux,
} from 'jumplead/fake';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { NotFoundError, type Progress } from '../../src/core/index.ts';

const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-handles-'));
afterAll(() => folder.remove());
const file = (name: string) => join(folder.path, name);
const image = randomBytes(300_000);
beforeAll(() => writeFile(file('image'), image));

describe('a machine', () => {
  test('says who it is without being asked', async () => {
    await using vm = await serve(fakeMachine({ hostname: 'vm1', username: 'me', password: 'secret' }));
    expect(vm.credentials).toEqual({ username: 'me', password: 'secret' });
    expect(vm.hostname).toBe('vm1');
    expect((await vm.describe()).machine).toBe('fake');
    await vm.setMemorySize('2GiB');
    expect((await vm.describe()).memory).toBe(2 * 2 ** 30);
  });

  test('tells what happens to it', async () => {
    await using vm = await serve(fakeMachine());
    const events = vm.events()[Symbol.asyncIterator]();
    const first = events.next();
    await vm.power.on();
    expect((await first).value).toMatchObject({ event: 'RESUME' });
    await events.return?.();
  });

  test('goes off as its own system does, unless it is forced', async () => {
    await using vm = await serve(fakeMachine());
    expect(await vm.power.off()).toBe('already');
    await vm.power.on();
    expectTypeOf(vm.power.off).returns.resolves.toEqualTypeOf<'graceful' | 'forced' | 'already'>();
    expect(await vm.power.off()).toBe('graceful');
    await vm.power.on();
    expect(await vm.power.off({ mode: 'forced' })).toBe('forced');
    await vm.power.on();
    await vm.power.pause();
    expect(await vm.power.state()).toBe('paused');
    await vm.power.resume();
    await vm.power.reset();
    expect(await vm.power.cycle({ deadline: '30s' })).toBe('graceful');
    expect(await vm.power.state()).toBe('running');
  });

  test('has a console that can be opened again without meeting its old text', async () => {
    await using vm = await serve(fakeMachine({ hostname: 'vm1' }));
    await vm.power.on();
    {
      await using tty = await vm.console.open();
      await tty.expect('vm1 login: ');
      await tty.sendLine('hello');
      await tty.expect('hello\r\n');
    }
    await using tty = await vm.console.open();
    const machine = await vm.console.status();
    expect(machine.offset).toBeGreaterThan(machine.boot);
    await tty.sendLine('again');
    expect((await tty.expect('again')).before).toBe('');
    await using replay = await vm.console.open({ from: 'boot' });
    expect((await replay.expect('again')).before).toContain('vm1 login: hello');
  });

  test('a session that ends says so where a console is awaited', async () => {
    const vm = await serve(fakeMachine());
    const tty = await vm.console.open();
    const waiting = tty.expect('never', { timeout: '1h' }).catch((error: unknown) => error);
    await vm[Symbol.asyncDispose]();
    expect(await waiting).toMatchObject({ code: 'expect', reason: 'closed', cause: { code: 'unreachable' } });
  });
});

describe('power', () => {
  test('cycle of a plain switch is off, then on', async () => {
    const power = fakePower();
    await using device = await serve(power);
    await device.cycle({ wait: 1 });
    expect(power.device.calls.map(({ method }) => method)).toEqual(['off', 'on']);
  });

  test('cycle can be given up in its pause', async () => {
    const power = fakePower();
    await using device = await serve(power);
    const aborter = new AbortController();
    const cycling = device.cycle({ wait: '1h', signal: aborter.signal });
    const reason = new Error('enough');
    aborter.abort(reason);
    await expect(cycling).rejects.toBe(reason);
  });
});

describe('flasher', () => {
  const sha256 = createHash('sha256').update(image).digest('hex');

  test.each<[string, () => Parameters<Awaited<ReturnType<typeof openFlasher>>['flash']>[0]]>([
    ['a path', () => file('image')],
    ['a file URL', () => new URL(`file://${file('image')}`)],
    ['bytes', () => image],
    [
      'chunks',
      async function* () {
        yield image.subarray(0, 1000);
        yield image.subarray(1000);
      },
    ],
  ])('takes %s, and gives it back', async (_, make) => {
    await using device = await openFlasher();
    const steps: Progress[] = [];
    await device.flash(make(), { onProgress: (progress) => steps.push(progress) });
    expect(steps.at(-1)).toMatchObject({ bytes: image.length });
    await device.dump(file('dumped'));
    expect(await readFile(file('dumped'))).toEqual(image);
  });

  const openFlasher = () => serve(fakeImageFlasher());

  test('sends no byte of a file that the exporter knows', async () => {
    const flasher = fakeImageFlasher();
    await using local = await serve(flasher);
    await using remote = await connect(sessionOf(local).target, flasher);
    await remote.flash(file('image'));
    await remote.flash(file('image'), { partition: 'other' });
    const calls = flasher.device.calls.map(({ method, args }) => [method, args.at(-1)]);
    expect(calls).toEqual([
      ['hasImage', sha256],
      ['flashStream', { sha256 }],
      ['hasImage', sha256],
      ['flashKnown', 'other'],
    ]);
  });

  test('a plain flasher gets the bytes, and they are counted here', async () => {
    await using device = await serve(fakeFlasher());
    const steps: Progress[] = [];
    await device.flash(file('image'), { onProgress: (progress) => steps.push(progress) });
    expect(steps.at(-1)).toMatchObject({ phase: 'upload', bytes: image.length, total: image.length });
    await device.dump(file('plain'), { onProgress: (progress) => steps.push(progress) });
    expect(steps.at(-1)).toMatchObject({ phase: 'download', bytes: image.length });
    expect(await readFile(file('plain'))).toEqual(image);
  });

  test('nothing is done for a file that is not there', async () => {
    const flasher = fakeImageFlasher();
    await using device = await serve(flasher);
    await expect(device.flash(file('nope'))).rejects.toBeInstanceOf(NotFoundError);
    await expect(device.flash(folder.path)).rejects.toMatchObject({ code: 'config' });
    expect(flasher.device.calls).toEqual([]);
  });

  test('a dump that fails leaves what was there', async () => {
    await writeFile(file('kept'), 'as it was');
    await using device = await openFlasher();
    await expect(device.dump(file('kept'))).rejects.toMatchObject({ code: 'not-found' });
    expect(await readFile(file('kept'), 'utf8')).toBe('as it was');
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

test('a storage multiplexer takes a file and gives it back', async () => {
  await using device = await serve(fakeStorageMux());
  await device.host();
  await device.write(file('image'));
  await device.read(file('read'));
  expect(await readFile(file('read'))).toEqual(image);
  await device.dut();
});

describe('network', () => {
  test.each(['tcp', 'unix'])('is forwarded to this host: %s', async (kind) => {
    await using device = await serve(fakeNetwork());
    await using forward =
      kind === 'unix' ? await device.forward({ path: file('socket') }) : await device.forward();
    const socket =
      'path' in forward ? connectSocket(forward.path) : connectSocket(forward.port, forward.host);
    const answer = text(socket);
    socket.end('echo');
    expect(await answer).toBe('echo');
  });

  test('a forward ends with its session', async () => {
    const device = await serve(fakeNetwork());
    const { port } = await device.forward();
    await device[Symbol.asyncDispose]();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    connectSocket(port, '127.0.0.1').on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    expect(await promise).toBe('ECONNREFUSED');
  });
});
