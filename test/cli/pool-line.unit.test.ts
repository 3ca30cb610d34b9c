import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createLiveLine, describePool, remarksOn } from '../../src/cli/pool/render.ts';
import type { PoolInfo } from '../../src/interfaces/index.ts';

const CALM: PoolInfo = {
  ...{ from: 'ready', min: 2, max: 4, ready: 2, claimed: 0, opening: 0, waiting: 0 },
  ...{ given: 0, broken: 0, refused: 0, failed: 0, problem: null, doubt: null },
};

test('a pool in one line, with what is wrong at its end', () => {
  expect(describePool('', CALM)).toBe('pool ready: 2 of 2 ready, 0 claimed, 4 at most');
  const ill = { ...CALM, ready: 0, failed: 2, problem: 'no memory', doubt: 'fork-3: BUG: bad page' };
  expect(describePool('vm', ill)).toBe(
    'pool vm: 0 of 2 ready, 0 claimed, 4 at most, 2 with a bug of the kernel; no memory; ' +
      'what they are forked from may have that bug (fork-3: BUG: bad page): make it anew',
  );
  expect(remarksOn(CALM)).toEqual([]);
});

test.each([
  [true, '\r\x1b[Kone\r\x1b[Ka warning\n\r\x1b[Kone\r\x1b[Kanother line th'],
  [false, 'one\na warning\nanother line that is long\n'],
])('what else there is to say stands above the line that changes (terminal: %s)', (isTTY, shown) => {
  const screen = new PassThrough();
  const stream = Object.assign(screen, { isTTY, columns: 16 }) as unknown as NodeJS.WriteStream;
  const { show, above } = createLiveLine(stream);
  show('one');
  show('one');
  above('a warning\n');
  show('another line that is long');
  expect(String(screen.read())).toBe(shown);
});
