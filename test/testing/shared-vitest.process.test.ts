/** Projects with `globalSetup: 'jumplead/vitest/setup'`, run by vitest as their users do, with the real QEMU and a guest of 512 bytes. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { untilPrinted } from '../support/demo.ts';
import { openMeeting } from '../support/meeting.ts';
import { isAlive } from '../support/processes.ts';
import { openHome } from '../support/tiny-machine.ts';
import { writeBootImage } from './projects/boot-image.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROJECT = join(import.meta.dirname, 'projects/vitest');
const VITEST = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', PROJECT];
const JL = join(ROOT, 'bin/jl.js');

/** Each starts vitest, which starts workers. */
vi.setConfig({ testTimeout: 5 * 60_000 });

let home: Awaited<ReturnType<typeof openHome>>;
let image: string;
beforeEach(async () => {
  home = await openHome();
  image = await writeBootImage(home.path);
});
afterEach(() => home[Symbol.asyncDispose]());

/** Starts Node on a project; `env` replaces what this vitest has set. Ends when all that it has started has let go of its output. */
function start(args: readonly string[], env: Readonly<Record<string, string>>) {
  const own = { VITEST: undefined, VITEST_POOL_ID: undefined, NODE_OPTIONS: undefined, NO_COLOR: '1' };
  return execa(process.execPath, args, {
    ...{ reject: false, all: true, cwd: PROJECT },
    env: { ...own, BOOT_IMAGE: image, ...env },
  });
}

/** What is left: runs, sockets, and processes of ours. */
async function leftovers(): Promise<string[]> {
  const folders = [join(home.path, 'state', 'runs'), join(home.path, 'run')];
  const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map(async (pid) => ((await isOurs(pid)) ? [pid] : [])));
  return [...files, ...processes].flat();
}

/** True of what keeps or is a machine of this home. */
async function isOurs(pid: string): Promise<boolean> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const [environment, command] = await Promise.all([read('environ'), read('cmdline')]);
  const kind = /qemu-system|test-machines/.test(command);
  return kind && environment.includes(`${home.path}/`) && (await isAlive(Number(pid)));
}

const count = (text: string, part: RegExp) => [...text.matchAll(new RegExp(part, 'g'))].length;

test('two workers at once share a machine that was booted once; one that failed a test is kept until Enter', async () => {
  await using meeting = await openMeeting(home.path, 2);
  const env = { MEETING: meeting.path, SPECS: '*.{spec,case}.ts', JUMPLEAD_KEEP: '1' };
  const run = start([...VITEST, 'one', 'two', 'fails'], env);
  let said = '';
  run.all.on('data', (chunk) => (said += chunk));
  await untilPrinted(run.all, 'They live until Enter or Ctrl-C');
  const [, host = ''] = /JUMPSTARTER_HOST=(\S+)/.exec(said) ?? [];
  const jl = execa({ reject: false, all: true, env: { JUMPSTARTER_HOST: host } });
  expect((await jl(process.execPath, [JL, 'power', 'state'])).all).toBe('running');
  run.stdin?.write('\n');
  const { exitCode, all } = await run;
  expect(exitCode).toBe(1);
  expect(all).toMatch(/Tests\s+1 failed \| 5 passed \(6\)/);
  expect(count(all, /qemu-\d+ booted/)).toBe(1);
  expect(all).toMatch(/the last lines of its console:\s+ready\s+1$/m);
  expect(all).toMatch(/kept: the machine of "breaks"\n\s+console: +JUMPSTARTER_HOST=\S+ npx jl console/);
  expect(all).toMatch(/screen: +http:\/\/127\.0\.0\.1:\d+\//);
  expect(await leftovers()).toEqual([]);
});

describe('nothing is left when vitest, in the middle of a test, is ended by', () => {
  test.each(['SIGKILL', 'SIGINT'] as const)('%s', async (signal) => {
    await using meeting = await openMeeting(home.path, 1);
    const run = start([...VITEST, 'stays'], { MEETING: meeting.path, SPECS: '*.case.ts' });
    await meeting.all;
    expect(await leftovers()).not.toEqual([]);
    run.kill(signal);
    await run;
    expect(await leftovers()).toEqual([]);
  });
});

test('whoever watches his tests keeps the machine from run to run, and the new one when it has changed', async () => {
  await using meeting = await openMeeting(home.path, 2);
  const { exitCode, all } = await start([join(PROJECT, 'watch.ts')], { MEETING: meeting.path });
  expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
  expect(all.split('--- again').map((text) => count(text, /booted/))).toEqual([1, 0, 1]);
  expect(count(all, /Tests\s+4 passed/)).toBe(3);
  expect(await leftovers()).toEqual([]);
});
