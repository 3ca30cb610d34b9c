import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkImports, ROOMS } from '../../scripts/check-rooms.ts';

const complaint = (file: string, text: string) => checkImports(file, text).join('\n');

describe('imports that are right', () => {
  test.each([
    ['of the same room', 'core/errors.ts', "import { parseSize } from './units.ts';"],
    ['of an allowed room', 'client/tty.ts', "import type { Log } from '../core/index.ts';"],
    ['of the room above a folder', 'rpc/server/call.ts', "import { toError } from '../errors.ts';"],
    ['of any room by the package itself', 'index.ts', "export * from './client/index.ts';"],
    ['of libraries', 'client/ssh.ts', "import { Client } from 'ssh2';"],
  ])('%s', (_, file, text) => {
    expect(complaint(file, text)).toBe('');
  });
});

describe('imports that are wrong', () => {
  test('of a room that the table does not allow, types too', () => {
    const text = "import { a } from './a.ts';\nimport type {\n  Driver,\n} from '../driver/index.ts';";
    expect(complaint('client/tty.ts', text)).toMatchInlineSnapshot(
      `"src/client/tty.ts:4: imports ../driver/index.ts: client may not import driver; it may import core, download, interfaces, rpc, rpc/peek, web"`,
    );
  });

  test('of a file of another room', () => {
    expect(complaint('client/tty.ts', "export * from '../core/errors.ts';")).toMatchInlineSnapshot(
      `"src/client/tty.ts:1: imports ../core/errors.ts: only core/index.ts of another room may be imported"`,
    );
  });

  test('of the own index', () => {
    expect(complaint('core/log.ts', "import { x } from './index.ts';")).toMatchInlineSnapshot(
      `"src/core/log.ts:1: imports ./index.ts: a room imports its own files directly"`,
    );
  });

  test('at run time', () => {
    expect(complaint('core/log.ts', "const { x } = await import('../rpc/index.ts');")).toMatchInlineSnapshot(
      `"src/core/log.ts:1: imports ../rpc/index.ts: core may not import rpc; it may import no other room"`,
    );
  });

  test('of the wire outside its room', () => {
    expect(complaint('client/a.ts', "import { create } from '@bufbuild/protobuf';")).toMatchInlineSnapshot(
      `"src/client/a.ts:1: imports @bufbuild/protobuf: only rpc may use it"`,
    );
  });

  test('in a folder that is no room', () => {
    expect(complaint('drivers/toaster/driver.ts', '')).toMatchInlineSnapshot(
      `"src/drivers/toaster/driver.ts: belongs to no room; the table in scripts/check-rooms.ts names them"`,
    );
  });
});

test('docs/architecture.md shows the same table', () => {
  const text = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([\w/-]+)` \|.*\| ([^|]+) \|$/gm)];
  const documented = rows.map(([, room = '', may = '']) => [
    room,
    may.split(', ').filter((name) => name !== 'Node' && name !== 'libraries'),
  ]);
  const rooms = Object.entries(ROOMS).filter(([, may]) => may !== 'every room');
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(rooms));
});
