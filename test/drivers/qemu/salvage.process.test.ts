import { chown, link, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { parseMarks } from '../../../src/drivers/qemu/console/marks.ts';
import { noteTranscript, salvageTranscript } from '../../../src/drivers/qemu/console/salvage.ts';
import { numberedLines } from '../../support/numbered-lines.ts';
import { canMount, openSmallDisk } from '../../support/small-disk.ts';

const LIMIT = 2 ** 20;

/** What a recorder has left that was killed after it had written `recorded` bytes of its transcript to `folder`. */
async function openLeft(recorded: number, folder?: string) {
  await using stack = new AsyncDisposableStack();
  const temporary = () => mkdtempDisposable(join(tmpdir(), 'jumplead-left-'));
  const artifacts = folder ?? stack.use(await temporary()).path;
  const spools = stack.use(await temporary()).path;
  await writeFile(join(artifacts, 'console.log'), numberedLines(0, recorded));
  await writeFile(join(artifacts, 'console.times.jsonl'), '{"offset":0,"time":"then"}\n{"offs');
  await noteTranscript(spools, { folder: artifacts, limit: LIMIT });
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void logged.push(JSON.parse(line).msg) });
  const held = stack.move();
  return {
    spools,
    logged,
    transcript: (suffix = '') => readFile(join(artifacts, `console.log${suffix}`), 'latin1'),
    marks: async () => parseMarks(await readFile(join(artifacts, 'console.times.jsonl'), 'utf8')),
    salvage: () => salvageTranscript(spools, log),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const text = (from: number, to: number) => numberedLines(from, to).toString('latin1');

test('what a later power-on has printed is added by its offsets, once', async () => {
  await using it = await openLeft(1_000);
  await writeFile(join(it.spools, 'console-600-600'), numberedLines(600, 1_500));
  await it.salvage();
  await it.salvage();
  expect(await it.transcript()).toBe(text(0, 1_500));
  const marks = await it.marks();
  expect(marks[0]).toEqual({ offset: 0, time: 'then' });
  expect(marks.filter(({ event }) => event === 'salvaged')).toMatchObject([{ offset: 1_500 }]);
});

test('what is neither in the transcript nor in the spool any more is told as lost', async () => {
  await using it = await openLeft(1_000);
  await writeFile(join(it.spools, 'console-0-2000'), numberedLines(0, 3_000));
  await it.salvage();
  expect(await it.transcript('.000000000000000')).toBe(text(0, 1_000));
  expect(await it.transcript()).toBe(text(2_000, 3_000));
  expect(await it.marks()).toContainEqual(
    expect.objectContaining({ offset: 2_000, event: 'lost', from: 1_000, to: 2_000 }),
  );
});

test('files that others may have put there are not read', async () => {
  await using it = await openLeft(1_000);
  const secret = join(it.spools, 'secret');
  await writeFile(secret, numberedLines(0, 5_000));
  await symlink(secret, join(it.spools, 'console-0-0'));
  await link(secret, join(it.spools, 'console-1-1'));
  await it.salvage();
  expect(await it.transcript()).toBe(text(0, 1_000));
});

test.runIf(process.getuid?.() === 0)('nor does a note of another user say where to write', async () => {
  await using it = await openLeft(1_000);
  await writeFile(join(it.spools, 'console-0-0'), numberedLines(0, 5_000));
  await chown(join(it.spools, 'transcript.json'), 65_534, 65_534);
  await it.salvage();
  expect(await it.transcript()).toBe(text(0, 1_000));
});

test.runIf(canMount)('on a full disk it says that it cannot', async () => {
  await using disk = await openSmallDisk(LIMIT);
  await using it = await openLeft(1_000, disk.path);
  await writeFile(join(it.spools, 'console-0-0'), numberedLines(0, 5_000));
  await writeFile(join(disk.path, 'filler'), Buffer.alloc(LIMIT)).catch((error) =>
    expect(error).toMatchObject({ code: 'ENOSPC' }),
  );
  await it.salvage();
  expect(it.logged).toEqual([expect.stringMatching(/^cannot complete the transcript: .*ENOSPC/)]);
  expect(text(0, 5_000).startsWith(await it.transcript())).toBe(true);
});
