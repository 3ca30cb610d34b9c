import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { qemu } from '../../../src/drivers/qemu/index.ts';

const manual = readFileSync(new URL('../../../docs/drivers/qemu.md', import.meta.url), 'utf8');
// Of the defaults, one depends on the host that this runs on.
const defaults: Record<string, unknown> = { ...QemuConfig.parse({}), arch: undefined };

const table = Object.entries(QemuConfig.shape).map(([name, schema]) => {
  const value = defaults[name];
  const shown = value === undefined ? '' : `\`${JSON.stringify(value).replaceAll('"', "'")}\``;
  return `| \`${name}\` | ${shown} | ${schema.meta()?.description} |`;
});

test('the table of the manual is that of the schema', () => {
  const start = manual.indexOf('| field | default | meaning |');
  const rows = manual.slice(start, manual.indexOf('\n\n', start)).split('\n').slice(2);
  expect(rows).toEqual(table);
});

test('the examples of the manual are right', () => {
  // #region machine
  const board = qemu({ arch: 'aarch64', memory: '2GiB', cpus: 4 });
  // #endregion
  expect(Object.keys(board.children)).toContain('console');
  // #region forwards
  const shop = qemu({
    network: 'isolated',
    forwards: { web: { guestPort: 80 }, api: { guestPort: 8080, hostPort: 18080 } },
  });
  // #endregion
  expect(Object.keys(shop.children)).toEqual(expect.arrayContaining(['ssh', 'web', 'api']));
});
