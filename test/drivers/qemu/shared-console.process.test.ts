import { appendFile, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { Recorder } from '../../../src/drivers/qemu/console/recorder.ts';
import { SharedConsole } from '../../../src/drivers/qemu/console/shared-console.ts';
import { readAll } from './test-machine.ts';

/** A console whose machine is on: what it says, what was written to it. */
async function openConsole() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-console-')));
  const recorder = stack.use(
    await Recorder.open(folder.path, { spool: folder.path, limit: 2 ** 20, log: createLog('silent') }),
  );
  const shared = new SharedConsole(recorder);
  const hears = new PassThrough();
  const spool = await recorder.begin();
  shared.connect(hears);
  const held = stack.move();
  return {
    shared,
    say: (text: string) => appendFile(spool.path, text),
    written: () => String(hears.read() ?? ''),
    open: (name: string, takeOver = false) => shared.open({ from: 'next', takeOver, name }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

test('who writes first has the turn until it ends its direction', async () => {
  await using it = await openConsole();
  const [one, two] = [it.open('connection 1'), it.open('connection 2')];
  await one.write(Buffer.from('a'));
  expect(it.shared.status().writer).toBe('connection 1');
  await one.end();
  expect(it.shared.status().writer).toBeNull();
  await two.write(Buffer.from('b'));
  expect(it.shared.status().writer).toBe('connection 2');
  expect(it.written()).toBe('ab');
  await expect(one.write(Buffer.from('c'))).rejects.toMatchObject({ code: 'state', state: 'ended' });
});

test('another that writes meanwhile is ended, reader included, and its bytes are refused', async () => {
  await using it = await openConsole();
  const [one, two] = [it.open('connection 1'), it.open('connection 2')];
  const reading = readAll(two);
  await one.write(Buffer.from('a'));
  const refused = { code: 'busy', holder: 'connection 1', since: expect.any(String) };
  await Promise.all([
    expect(two.write(Buffer.from('b'))).rejects.toMatchObject(refused),
    expect(reading).rejects.toMatchObject(refused),
  ]);
  expect(it.written()).toBe('a');
  await one.write(Buffer.from('c'));
  expect(it.written()).toBe('c');
});

test('the turn can be taken over; whoever had it reads on, until it writes', async () => {
  await using it = await openConsole();
  const one = it.open('connection 1');
  await one.write(Buffer.from('a'));
  const two = it.open('connection 2', true);
  expect(it.shared.status().writer).toBe('connection 2');
  await it.say('hello');
  const reader = one[Symbol.asyncIterator]();
  expect(String((await reader.next()).value)).toBe('hello');
  await two.write(Buffer.from('b'));
  await expect(one.write(Buffer.from('c'))).rejects.toMatchObject({ code: 'busy', holder: 'connection 2' });
  expect(it.written()).toBe('ab');
});

test('a stream that is closed gives the turn up and ends; so does every stream at close', async () => {
  await using it = await openConsole();
  const [one, two] = [it.open('connection 1'), it.open('connection 2')];
  await one.write(Buffer.from('a'));
  const reading = [readAll(one), readAll(two)];
  await one[Symbol.asyncDispose]();
  expect(it.shared.status().writer).toBeNull();
  await it.shared.close();
  expect(await Promise.all(reading)).toEqual(['', '']);
});

test('leaving a loop does not end the stream: another loop goes on from there', async () => {
  await using it = await openConsole();
  const tty = it.open('connection 1');
  await it.say('one');
  for await (const chunk of tty) {
    expect(String(chunk)).toBe('one');
    break;
  }
  await it.say('two');
  for await (const chunk of tty) {
    expect(String(chunk)).toBe('two');
    break;
  }
});

test('going off gives the turn up', async () => {
  await using it = await openConsole();
  await it.open('connection 1').write(Buffer.from('a'));
  it.shared.connect(undefined);
  expect(it.shared.status().writer).toBeNull();
});

test('nothing can be written while the machine is off', async () => {
  await using it = await openConsole();
  it.shared.connect(undefined);
  const tty = it.open('connection 1');
  await expect(tty.write(Buffer.from('a'))).rejects.toMatchObject({ code: 'state', state: 'off' });
});
