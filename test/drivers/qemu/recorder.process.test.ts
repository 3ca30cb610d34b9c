import { appendFile, mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLog, DeviceError, Secrets } from '../../../src/core/index.ts';
import { parseMarks } from '../../../src/drivers/qemu/console/marks.ts';
import { Recorder } from '../../../src/drivers/qemu/console/recorder.ts';
import { readAll } from './test-machine.ts';

const log = createLog('silent');
const never = new AbortController().signal;

async function openRecorder(clock?: () => Date) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-recorder-')));
  const recorder = stack.use(
    await Recorder.open(folder.path, {
      ...{ spool: folder.path, limit: 2 ** 30, log, clock },
      secrets: new Secrets(['hunter2-hunter2']),
    }),
  );
  const held = stack.move();
  return { recorder, folder: folder.path, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** One power session in which the machine says `chunks`. */
async function session(recorder: Recorder, chunks: readonly Uint8Array[], error?: Error): Promise<void> {
  const spool = await recorder.begin();
  for (const chunk of chunks) await appendFile(spool.path, chunk);
  spool.end();
  await recorder.drained();
  recorder.finish(error);
}

test('however the output is cut, and wherever a reader starts, it reads every byte from there', async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.nat(), async (said, seed) => {
      await using it = await openRecorder();
      const whole = Buffer.concat(said);
      const start = seed % (whole.length + 1);
      const early = readAll(it.recorder.read('next', never));
      await session(it.recorder, said);
      expect(await early).toBe(whole.toString('latin1'));
      expect(await readFile(it.recorder.path)).toEqual(whole);
      if (start < whole.length) {
        expect(await readAll(it.recorder.read(start, never))).toBe(whole.subarray(start).toString('latin1'));
      }
    }),
    { numRuns: 40 },
  );
});

test('"next" starts at the power-on, then where the readers had got to; "boot" always at the power-on', async () => {
  await using it = await openRecorder();
  const { recorder } = it;
  await session(recorder, [Buffer.from('old')]);
  const spool = await recorder.begin();
  await appendFile(spool.path, 'new');
  const first = recorder.read('next', never)[Symbol.asyncIterator]();
  expect(String((await first.next()).value)).toBe('new');
  await first.return?.();
  await appendFile(spool.path, ' and more');
  spool.end();
  await recorder.drained();
  recorder.finish();
  expect(recorder.boot).toBe(3);
  expect(await readAll(recorder.read('next', never))).toBe(' and more');
  expect(await readAll(recorder.read('boot', never))).toBe('new and more');
  expect(await readAll(recorder.read(0, never))).toBe('oldnew and more');
});

test('a reader of a machine that is off and has nothing left waits for the next power-on', async () => {
  await using it = await openRecorder();
  await session(it.recorder, [Buffer.from('one')]);
  expect(await readAll(it.recorder.read('next', never))).toBe('one');
  const waiting = [readAll(it.recorder.read('next', never)), readAll(it.recorder.read('now', never))];
  await session(it.recorder, [Buffer.from('two')]);
  expect(await Promise.all(waiting)).toEqual(['two', 'two']);
});

test('readers get all that was said, and then why there is no more', async () => {
  await using it = await openRecorder();
  const reason = new DeviceError('it died', { event: 'EXIT', tail: '' });
  await session(it.recorder, [Buffer.from('last words')], reason);
  const reader = it.recorder.read('boot', never)[Symbol.asyncIterator]();
  expect(String((await reader.next()).value)).toBe('last words');
  await expect(reader.next()).rejects.toBe(reason);
});

test('after a panic, what follows is another session', async () => {
  await using it = await openRecorder();
  const spool = await it.recorder.begin();
  await appendFile(spool.path, 'panic');
  await it.recorder.settled();
  it.recorder.finish(new DeviceError('panicked', { event: 'GUEST_PANICKED', tail: '' }));
  it.recorder.resume();
  const again = readAll(it.recorder.read('now', never));
  await appendFile(spool.path, 'reset');
  spool.end();
  await it.recorder.drained();
  it.recorder.finish();
  expect(await again).toBe('reset');
  expect(it.recorder.boot).toBe(0);
});

test('a start beyond the end is a mistake of the caller', async () => {
  await using it = await openRecorder();
  await session(it.recorder, [Buffer.from('abc')]);
  expect(() => it.recorder.read(4, never)).toThrow('from: got 4; the console has 3 bytes so far');
});

test('a reader that gives up gets its own reason', async () => {
  await using it = await openRecorder();
  const controller = new AbortController();
  const reading = readAll(it.recorder.read('next', controller.signal));
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(reading).rejects.toBe(reason);
});

test('the times say when each part came, and what happened there', async () => {
  let now = 0;
  await using it = await openRecorder(() => new Date(now));
  await it.recorder.mark('power-on');
  const spool = await it.recorder.begin();
  await appendFile(spool.path, 'abc');
  await it.recorder.settled();
  now = 5;
  await appendFile(spool.path, 'within the resolution');
  await it.recorder.settled();
  now = 1_000;
  await appendFile(spool.path, 'd');
  spool.end();
  await it.recorder.drained();
  it.recorder.finish();
  await it.recorder.mark('power-off');
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  expect(await readdir(it.folder)).toEqual(['console.log', 'console.times.jsonl']);
  expect(parseMarks(await readFile(join(it.folder, 'console.times.jsonl'), 'utf8'))).toEqual([
    { offset: 0, time: time(0), event: 'power-on' },
    { offset: 0, time: time(0) },
    { offset: 24, time: time(1_000) },
    { offset: 25, time: time(1_000), event: 'power-off' },
  ]);
});

test('the last lines are those of this power-on', async () => {
  await using it = await openRecorder();
  await session(it.recorder, [Buffer.from('before\r\n')]);
  await session(it.recorder, [Buffer.from('one\r\ntwo\r\nthree\r\n')]);
  expect(await it.recorder.tail()).toBe('one\ntwo\nthree');
  expect(await it.recorder.tail(2)).toBe('two\nthree');
});

test('the last lines are without secrets, the transcript is not', async () => {
  await using it = await openRecorder();
  const said = 'login: root\r\nhunter2-hunter2: command not found\r\n';
  await session(it.recorder, [Buffer.from(said)]);
  expect(await it.recorder.tail()).toBe('login: root\n***: command not found');
  expect(await readFile(it.recorder.path, 'utf8')).toBe(said);
});
