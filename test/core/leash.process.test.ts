import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { findProgram, LEASHED, leash } from '../../src/core/index.ts';
import { isAlive } from '../support/processes.ts';

const HOLDER = join(import.meta.dirname, '../fixtures/leash-holder.ts');
const linux = test.runIf(process.platform === 'linux');

/** A process that starts `command` on a leash of that setpriv. Its output ends when both have. */
const hold = (setpriv: string | undefined, ...command: string[]) =>
  spawn(process.execPath, [HOLDER, String(setpriv), ...command], { stdio: ['pipe', 'pipe', 'inherit'] });

linux('a program ends with the process that started it', async () => {
  const holder = hold(await findProgram(['setpriv']), 'sh', '-c', 'echo $$; exec cat');
  const [pid] = await once(holder.stdout, 'data');
  expect(await isAlive(Number(pid))).toBe(true);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  expect(await isAlive(Number(pid))).toBe(false);
});

linux('a program whose starter was killed before the kernel knew of the leash is not started', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-leash-'));
  const [slow, go, started] = ['setpriv', 'go', 'started'].map((name) => join(dir.path, name));
  await execa('mkfifo', [String(go)]);
  await writeFile(String(slow), `#!/bin/sh\necho waiting\nread word <${go}\nexec setpriv "$@"\n`);
  await chmod(String(slow), 0o755);
  const holder = hold(slow, 'touch', String(started));
  await once(holder.stdout, 'data');
  holder.stdout.resume();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await writeFile(String(go), 'go\n');
  if (!holder.stdout.closed) await once(holder.stdout, 'close');
  expect(existsSync(String(started))).toBe(false);
});

linux('by hand the command line works as it is, and its files are private where that is wanted', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-leash-'));
  const file = join(dir.path, 'file');
  const words = [...leash(await findProgram(['setpriv']), { umask: '077' }), 'sh', '-c', 'umask >"$0"', file];
  const { failed } = await execa(words[0] ?? '', words.slice(1), { env: { JUMPLEAD_PID: undefined } });
  expect(failed).toBe(false);
  expect((await execa('cat', [file])).stdout).toBe('0077');
  expect(LEASHED).toEqual({ JUMPLEAD_PID: String(process.pid) });
});
