import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMarks, type TranscriptMark } from '../../../src/drivers/qemu/console/marks.ts';
import { Transcript } from '../../../src/drivers/qemu/console/transcript.ts';
import { createRandom } from '../../soak/random.ts';
import { numberedLines } from '../../support/numbered-lines.ts';

const WRITER = join(import.meta.dirname, '../../fixtures/transcript-writer.ts');
const LIMIT = 40_000;

const temporary = () => mkdtempDisposable(join(tmpdir(), 'jumplead-transcript-'));

/** Everything from the first byte that is there. */
async function readFrom(transcript: Transcript): Promise<{ oldest: number; bytes: Buffer }> {
  const oldest = transcript.available(0);
  const chunks: Uint8Array[] = [];
  for (let offset = oldest; offset < transcript.length; ) {
    const chunk = await transcript.read(offset, 1_000);
    chunks.push(chunk);
    offset += chunk.length;
  }
  return { oldest, bytes: Buffer.concat(chunks) };
}

async function marksIn(folder: string): Promise<TranscriptMark[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('console.times.jsonl'));
  // The one that is being written has the shortest name, and is the last.
  const inOrder = names.sort().slice(1).concat(names.sort().slice(0, 1));
  const texts = await Promise.all(inOrder.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap(parseMarks);
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('however it is written, it has the last of it under its limit, and says what it has dropped', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(sizes, async (pieces) => {
      await using folder = await temporary();
      await using transcript = await Transcript.open(folder.path, { limit: LIMIT });
      for (const size of pieces) {
        const { length } = transcript;
        await transcript.append(numberedLines(length, length + size));
        expect(await sizeOf(folder.path)).toBeLessThanOrEqual(LIMIT);
      }
      const { oldest, bytes } = await readFrom(transcript);
      expect(bytes.equals(numberedLines(oldest, transcript.length))).toBe(true);
      expect(transcript.length).toBe(pieces.reduce((sum, size) => sum + size, 0));
      if (transcript.length < LIMIT / 2) expect(oldest).toBe(0);
      else expect(transcript.length - oldest).toBeGreaterThan(LIMIT / 2);
      const dropped = (await marksIn(folder.path)).filter(({ event }) => event === 'dropped');
      if (oldest > 0) expect(dropped.at(-1)?.to).toBe(oldest);
      else expect(dropped).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

test('the names of its files say where they begin', async () => {
  await using folder = await temporary();
  await using transcript = await Transcript.open(folder.path, { limit: LIMIT, clock: () => new Date(0) });
  await transcript.append(numberedLines(0, LIMIT * 2));
  const names = (await readdir(folder.path)).filter((name) => /^console\.log\./.test(name));
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    const base = Number(name.slice(-15));
    const bytes = await readFile(join(folder.path, name));
    expect(bytes.equals(numberedLines(base, base + bytes.length))).toBe(true);
    const times = await readFile(join(folder.path, name.replace('.log', '.times.jsonl')), 'utf8');
    expect(parseMarks(times)[0]).toMatchObject({ offset: base, event: 'part' });
  }
});

test('what was dropped is told to who asks for it', async () => {
  await using folder = await temporary();
  await using transcript = await Transcript.open(folder.path, { limit: LIMIT });
  await transcript.append(numberedLines(0, LIMIT * 2));
  const oldest = transcript.available(10);
  expect(oldest).toBeGreaterThan(LIMIT);
  await expect(transcript.read(10, 1)).rejects.toMatchObject({
    code: 'capacity',
    message: `the console from offset 10 to ${oldest} is no longer kept: its transcript has at most 39 KiB (consoleLimit)`,
  });
});

test('a new one replaces what is there, parts included', async () => {
  await using folder = await temporary();
  await (
    await Transcript.open(folder.path, { limit: LIMIT }).then(async (old) => {
      await old.append(numberedLines(0, LIMIT * 2));
      return old;
    })
  )[Symbol.asyncDispose]();
  await writeFile(join(folder.path, 'console.log.txt'), "somebody else's");
  await using _transcript = await Transcript.open(folder.path, { limit: LIMIT });
  expect(await readdir(folder.path)).toEqual(['console.log', 'console.log.txt', 'console.times.jsonl']);
});

test('its writer is killed at any moment: the next goes on at the last byte, and every line of the times is whole', async () => {
  await using folder = await temporary();
  const random = createRandom(1);
  let reached = 0;
  // With this limit a part is begun every other line, so that many are killed while they do.
  for (let round = 0; round < 8; round++) {
    const writer = execa(process.execPath, [WRITER, folder.path, '9000'], { reject: false, buffer: false });
    for await (const line of writer.iterable()) {
      expect(Number(line)).toBeGreaterThanOrEqual(reached);
      reached = Number(line);
      await new Promise((resolve) => setTimeout(resolve, random.below(60)));
      writer.kill('SIGKILL');
    }
    await writer;
    await using transcript = (await Transcript.resume(folder.path, { limit: 9_000 })) as Transcript;
    const { oldest, bytes } = await readFrom(transcript);
    expect(bytes.equals(numberedLines(oldest, transcript.length))).toBe(true);
    for (const mark of await marksIn(folder.path)) expect(mark.time).toMatch(/^\d{4}-/);
  }
  expect(reached).toBeGreaterThan(0);
});

test('a line of the times that was cut short is taken away; without a transcript there is nothing to go on with', async () => {
  await using folder = await temporary();
  expect(await Transcript.resume(folder.path, { limit: LIMIT })).toBeUndefined();
  await writeFile(join(folder.path, 'console.log'), 'abc');
  await writeFile(join(folder.path, 'console.times.jsonl'), '{"offset":7,"time":"x"}\n{"offset":8,"ti');
  {
    await using transcript = (await Transcript.resume(folder.path, { limit: LIMIT })) as Transcript;
    expect(transcript.length).toBe(10);
    await transcript.mark('here');
  }
  const marks = await marksIn(folder.path);
  expect(marks).toEqual([{ offset: 7, time: 'x' }, expect.objectContaining({ offset: 10, event: 'here' })]);
});
