import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as grpc from '../../src/rpc/grpc/limits.ts';
import { MAX_WRONG_PASSPHRASES, WRONG_PASSPHRASE_HOLD } from '../../src/rpc/server/doorkeeper.ts';
import { MAX_LOG_ENTRIES } from '../../src/rpc/server/log-queue.ts';
import * as web from '../../src/web/limits.ts';

const inWeb = Object.entries(web).map(([name, value]) => [`WEB_${name}`, value] as const);
/** Every limit that is a number or a time; options made of them are none of their own. */
const limits = [
  ...Object.entries(grpc),
  ...inWeb,
  ...Object.entries({ MAX_LOG_ENTRIES, MAX_WRONG_PASSPHRASES, WRONG_PASSPHRASE_HOLD }),
].filter(([, value]) => typeof value !== 'object');

/** As people read it. */
function format(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`;
  return value % 1_024 === 0 && value > 100_000 ? `${value / 1_024} KiB` : value.toLocaleString('en');
}

test('docs/limits.md names every limit, with the value that it has', () => {
  const text = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name, value]);
  const isSize = new Set(['MAX_HEADER_LIST', 'CLIENT_WINDOW']);
  const expected = limits.map(([name, value]) => [
    name,
    isSize.has(name) ? `${Number(value) / 1_024} KiB` : format(value),
  ]);
  expect(rows.toSorted()).toEqual(expected.toSorted());
});
