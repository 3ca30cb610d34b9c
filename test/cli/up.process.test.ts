/** `jumplead up` with a guest of 512 bytes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Home, openHome } from '../soak/home.ts';
import { CLI, runCli } from './run-cli.ts';

let home: Home;
let image: string;
beforeEach(async () => {
  home = await openHome();
  image = home.images.plain;
});
afterEach(() => home[Symbol.asyncDispose]());

const SMALL = ['--arch', 'x86_64', '--memory', '64MiB', '--firmware', 'bios', '--ready', 'ready'];
const up = (...words: string[]) => runCli(['up', ...SMALL, ...words], { env: home.environment(false) });

test('a command has the machine, and its exit code is passed on; the second machine resumes from the first boot', async () => {
  const inside = 'jl power state; exit 7';
  const first = await up(image, '--publish', '80', '--', 'sh', '-c', inside);
  expect(first).toMatchObject({ code: 7, stdout: 'running\n' });
  expect(first.stderr).toMatch(/power on .* cold: /);
  const second = await up(image, '--', 'jl', 'power', 'state');
  expect(second).toMatchObject({ code: 0, stdout: 'running\n' });
  expect(second.stderr).toMatch(/power on .* remembered: /);
});

test('what the log warns of is a line for people between the steps', async () => {
  expect(await up(image, '--', 'true')).toMatchObject({ code: 0 });
  const boots = join(home.path, 'cache', 'boots');
  for (const key of (await readdir(boots)).filter((name) => /^[0-9a-f]{64}$/.test(name)))
    await truncate(join(boots, key, 'state'), 3);
  const damaged = await up(image, '--', 'true');
  expect(damaged.code).toBe(0);
  expect(damaged.stderr).toMatch(/^[\d:]{8} warn .*: the machine boots \{.*\}$/m);
  expect(damaged.stderr).toMatch(/^✔ power on .* cold: /m);
});

test('without a command it stays until Ctrl-C, and says what happens to it', async () => {
  const child = spawn(process.execPath, [CLI, 'up', ...SMALL, '--cold', image], {
    env: { ...process.env, ...home.environment(false) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let [said, variables] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (more: string) => (said += more));
  child.stdout.setEncoding('utf8').on('data', (more: string) => (variables += more));
  const hears = async (text: string) => {
    while (!said.includes(text)) await once(child.stderr, 'data');
  };
  await hears('the console shows "ready"');
  expect(said).toContain('http://127.0.0.1:');
  const [, host = ''] = variables.trim().split('=');
  const jl = spawn(process.execPath, [join(CLI, '../jl.js'), '--host', host, 'power', 'off'], {
    stdio: 'ignore',
  });
  expect(await once(jl, 'exit')).toEqual([0, null]);
  await hears('the machine is off; `jl power on` boots it again');
  child.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
});

test('an image that there is not is told before anything is started', async () => {
  const missing = await up('./missing.qcow2');
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('missing.qcow2');
  const unknown = await up('fedora');
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(/did you mean fedora-4\d/);
  expect(unknown.stderr).not.toContain('    at ');
});
