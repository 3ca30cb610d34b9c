import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { group } from '../../../src/driver/index.ts';
import { httpServer, shell, tftpServer } from '../../../src/drivers.ts';
import { type ServedDevice, serveDevice } from './jl.ts';

const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-jl-'));
const file = (name: string) => join(folder.path, name);
let lab: ServedDevice;

beforeAll(async () => {
  const methods = {
    greet: { command: 'echo "hello $1 from $WHO"; echo bye >&2; exit 3', description: 'Say hello' },
  };
  lab = await serveDevice(
    group({
      shell: shell({ methods }),
      web: httpServer({ root: file('web') }),
      tftp: tftpServer({ root: file('tftp'), port: 0 }),
    }),
  );
  await writeFile(file('image'), 'an image');
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What a command printed; it has to succeed. */
async function printed(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.jl(args);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout;
}

describe('a shell', () => {
  test('has its scripts for commands, and passes on what they end with', async () => {
    expect(await printed('shell', '--help')).toMatch(/greet .*Say hello/);
    const ran = await lab.jl(['shell', 'greet', '-e', 'WHO=jl', 'you', '-x']);
    expect(ran).toEqual({ exitCode: 3, stdout: 'hello you from jl', stderr: 'bye' });
  });
});

describe('servers of files', () => {
  test('are started, filled and stopped', async () => {
    await printed('web', 'start');
    const url = await printed('web', 'put-file', 'image', file('image'));
    expect(await (await fetch(url)).text()).toBe('an image');
    expect(url).toBe(`${await printed('web', 'url')}/image`);
    await printed('web', 'stop');
    await expect(fetch(url)).rejects.toThrow();
    await printed('tftp', 'start');
    expect(await printed('tftp', 'address')).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    await printed('tftp', 'stop');
  });
});
