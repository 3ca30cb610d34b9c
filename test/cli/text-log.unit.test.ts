import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { textLine } from '../../src/cli/run/text-log.ts';

test('a record of the log is a line for people', () => {
  const time = Date.UTC(2026, 0, 2, 3, 4, 5);
  const lines = [
    { level: 30, time, driver: 'power', msg: 'power on' },
    { level: 40, time, driver: 'a.b', tries: 3, msg: 'no answer' },
    { level: 50, time, origin: 'before-lease-hook', err: { message: 'boom', stack: 'at x' }, msg: 'failed' },
    { level: 20, time, msg: 'small' },
    { level: 60, time },
  ];
  expect(lines.map((line) => stripVTControlCharacters(textLine(line)))).toEqual([
    '03:04:05 info  power: power on',
    '03:04:05 warn  a.b: no answer {"tries":3}',
    '03:04:05 error before-lease-hook: failed (boom)',
    '03:04:05 debug small',
    '03:04:05 error ',
  ]);
});
