import { describe, expect, test } from 'vitest';
import { ConfigError, formatDuration, formatSize, parseDuration, parseSize } from '../../src/core/index.ts';

describe('parseSize', () => {
  test.each([
    [0, 0],
    [4096, 4096],
    ['512', 512],
    ['512B', 512],
    ['1k', 1024],
    ['512MiB', 512 * 2 ** 20],
    ['512M', 512 * 2 ** 20],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['20G', 20 * 2 ** 30],
    ['2tb', 2 * 2 ** 40],
  ])('%j is %d bytes', (size, bytes) => expect(parseSize(size)).toBe(bytes));

  test.each([-1, 1.5, Number.NaN, '', 'big', '1XiB', '-1G', '1 G B', '9999999T'])('%j is refused', (size) => {
    expect(() => parseSize(size)).toThrow(ConfigError);
  });

  test('says what is allowed', () => {
    expect(() => parseSize('12 parsecs')).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: invalid size: "12 parsecs" is not a size; allowed: bytes as a whole number, or text such as '512MiB' or '20G']`,
    );
  });
});

describe('parseDuration', () => {
  test.each([
    [250, 250],
    ['250ms', 250],
    ['90s', 90_000],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    ['30d', 2_592_000_000],
    [60_000 * 4.1, 246_000],
    ['4.1s', 4_100],
    ['1.4ms', 1],
  ])('%j is %d milliseconds', (duration, milliseconds) => expect(parseDuration(duration)).toBe(milliseconds));

  test.each([-1, Number.POSITIVE_INFINITY, '', '5', 'soon', '1w'])('%j is refused', (duration) => {
    expect(() => parseDuration(duration)).toThrow(ConfigError);
  });
});

test.each([
  [0, '0 B'],
  [17, '17 B'],
  [1536, '1.5 KiB'],
  [352 * 2 ** 20, '352 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
])('%d bytes are shown as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

test.each([
  [420, '0.42 s'],
  [12_340, '12.3 s'],
  [125_000, '2 m 05 s'],
])('%d milliseconds are shown as %s', (milliseconds, text) =>
  expect(formatDuration(milliseconds)).toBe(text),
);
