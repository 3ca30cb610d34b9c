import { appendFile, mkdtempDisposable, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { parseMarks } from '../../../src/drivers/qemu/console/marks.ts';
import { Recorder } from '../../../src/drivers/qemu/console/recorder.ts';
import { numberedLines } from '../../support/numbered-lines.ts';
import { canMount, openSmallDisk } from '../../support/small-disk.ts';
import { readAll } from './test-machine.ts';

const MIB = 2 ** 20;
const never = new AbortController().signal;

/** A recorder into `folder`, for a machine that has printed `printed` bytes so far, and what it has logged. */
async function openPrinting(folder: string, limit: number) {
  await using stack = new AsyncDisposableStack();
  const spools = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-spools-')));
  const logged: { msg: string; level: number }[] = [];
  const log = pino({}, { write: (line) => void logged.push(JSON.parse(line)) });
  const recorder = stack.use(await Recorder.open(folder, { spool: spools.path, limit, log }));
  const spool = await recorder.begin();
  let printed = 0;
  const print = async (bytes: number) => {
    for (const end = printed + bytes; printed < end; ) {
      const to = Math.min(end, printed + 100_000);
      await appendFile(spool.path, numberedLines(printed, to));
      printed = to;
    }
    await recorder.settled();
  };
  const held = stack.move();
  return { recorder, logged, print, spool, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const warnings = (logged: { msg: string; level: number }[]) =>
  logged.flatMap(({ msg, level }) => (level >= 40 ? [msg] : []));

describe('over its limit', () => {
  test('the oldest is dropped, once said aloud, and readers are told what is there', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-limit-'));
    await using it = await openPrinting(folder.path, MIB);
    const { recorder } = it;
    expect(recorder.oldest).toBe(0);
    await it.print(4 * MIB);
    const { oldest } = recorder;
    expect(oldest).toBeGreaterThan(3 * MIB);
    expect(recorder.offset).toBe(4 * MIB);
    expect(warnings(it.logged)).toEqual([
      'the console has printed more than its transcript may have (consoleLimit: 1.0 MiB): the oldest is dropped',
    ]);
    expect(() => recorder.read(64, never)).toThrow(
      `from: got 64; what is there after it begins at ${oldest}, and the oldest at ${oldest}`,
    );
    expect(() => recorder.read('boot', never)).toThrow('from: got boot, which is 0');
    it.spool.end();
    await recorder.drained();
    recorder.finish();
    expect(await readAll(recorder.read(oldest, never))).toBe(
      numberedLines(oldest, 4 * MIB).toString('latin1'),
    );
  });

  test('a reader that is overtaken is told what it missed, once; the next goes on behind it', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-limit-'));
    await using it = await openPrinting(folder.path, MIB);
    const { recorder } = it;
    await it.print(1_000);
    const slow = recorder.read('next', never)[Symbol.asyncIterator]();
    expect((await slow.next()).value?.length).toBe(1_000);
    await it.print(4 * MIB);
    const { oldest } = recorder;
    await expect(slow.next()).rejects.toMatchObject({
      code: 'capacity',
      message: expect.stringContaining(`the console from offset 1000 to ${oldest} is no longer kept`),
    });
    const next = await recorder.read('next', never)[Symbol.asyncIterator]().next();
    expect(String(next.value?.subarray(0, 64))).toBe(String(numberedLines(oldest, oldest + 64)));
  });
});

describe.runIf(canMount)('on a disk that is full', () => {
  test('readers get all that was recorded and then the reason; what was lost is told, and recording goes on', async () => {
    await using disk = await openSmallDisk(4 * MIB);
    await using it = await openPrinting(disk.path, 64 * MIB);
    const { recorder } = it;
    await recorder.mark('power-on');
    const filler = join(disk.path, 'filler');
    await writeFile(filler, Buffer.alloc(3 * MIB));
    const early = recorder.read('boot', never)[Symbol.asyncIterator]();
    await it.print(2 * MIB);
    let recorded = 0;
    const failure = await (async () => {
      for (let next = await early.next(); !next.done; next = await early.next()) {
        expect(numberedLines(recorded, recorded + next.value.length).equals(next.value)).toBe(true);
        recorded += next.value.length;
      }
    })().catch((error) => error);
    expect(recorded).toBeGreaterThan(MIB / 2);
    expect(failure).toMatchObject({
      code: 'capacity',
      message: expect.stringMatching(`is lost from offset ${recorded} on: ENOSPC`),
    });
    // The machine has gone on all the time, and offsets count what it has printed.
    expect(recorder.offset).toBe(2 * MIB);
    await recorder.mark('while there is no room');

    await rm(filler);
    const waiting = recorder.read('now', never)[Symbol.asyncIterator]();
    await it.print(MIB);
    const line = String((await waiting.next()).value?.subarray(0, 64));
    expect(line).toBe(String(numberedLines(2 * MIB, 2 * MIB + 64)));
    it.spool.end();
    await recorder.drained();
    recorder.finish();
    expect(await readAll(recorder.read(2 * MIB, never))).toBe(
      numberedLines(2 * MIB, 3 * MIB).toString('latin1'),
    );
    expect(() => recorder.read(recorded + 1, never)).toThrow(`begins at ${2 * MIB}`);
    await expect(readAll(recorder.read('boot', never))).rejects.toMatchObject({ code: 'capacity' });
    const marks = parseMarks(await readFile(join(disk.path, 'console.times.jsonl'), 'utf8'));
    expect(marks).toContainEqual(
      expect.objectContaining({ offset: 2 * MIB, event: 'lost', from: recorded, to: 2 * MIB }),
    );
    expect(marks).toContainEqual(expect.objectContaining({ event: 'while there is no room' }));
    expect(warnings(it.logged)).toEqual([
      expect.stringContaining(`lost from offset ${recorded} on: ENOSPC`),
      'the console is recorded again; what came meanwhile is lost',
    ]);
    expect(await readdir(disk.path)).toContain(`console.log.${'0'.repeat(15)}`);
  });
});
