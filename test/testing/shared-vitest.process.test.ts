/** Projects with `globalSetup: 'jumplead/vitest/setup'`, run by vitest as their users do, with the real QEMU and a guest of 512 bytes. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { untilPrinted } from '../support/demo.ts';
import { openMeeting } from '../support/meeting.ts';
import { openRunnerHome, type RunnerHome, runJl } from '../support/runner-project.ts';

const { resolve } = createRequire(import.meta.url);
const VITEST = [join(dirname(resolve('vitest/package.json')), 'vitest.mjs'), 'run'];

/** Each starts vitest, which starts workers. */
vi.setConfig({ testTimeout: 5 * 60_000 });

let home: RunnerHome;
beforeEach(async () => {
  home = await openRunnerHome();
});
afterEach(() => home[Symbol.asyncDispose]());

const count = (text: string, part: RegExp) => [...text.matchAll(new RegExp(part, 'g'))].length;

test('two workers at once share a machine that was booted once; one that failed a test is kept until Enter', async () => {
  await using meeting = await openMeeting(home.path, 2);
  const out = join(home.path, 'out');
  // What vitest allows for closing is nothing that people are held to.
  const keep = { JUMPLEAD_KEEP: '1', TEARDOWN: '1' };
  const env = { MEETING: meeting.path, SPECS: '*.{spec,case}.ts', ARTIFACTS: out, ...keep };
  const run = home.run('vitest', [...VITEST, 'one', 'two', 'fails'], env);
  const said = await untilPrinted(run.all, 'They live until Enter or Ctrl-C');
  const [, host = ''] = /JUMPSTARTER_HOST=(\S+)/.exec(said) ?? [];
  expect(await runJl(host, 'power', 'state')).toBe('running');
  run.stdin?.write('\n');
  const { exitCode, all } = await run;
  expect(exitCode).toBe(1);
  expect(all).toMatch(/Tests\s+1 failed \| 5 passed \(6\)/);
  expect(count(all, /qemu-\d+ booted/)).toBe(1);
  expect(all).toMatch(/the last lines of its console:\s+ready\s+1$/m);
  expect(all).toMatch(/kept: the machine of "breaks"\n\s+console: +JUMPSTARTER_HOST=\S+ npx jl console/);
  expect(all).toMatch(/screen: +http:\/\/127\.0\.0\.1:\d+\//);
  const [, picture = ''] = /its screen: (\S+)/.exec(all) ?? [];
  expect(dirname(picture)).toBe(out);
  expect((await readFile(picture)).subarray(1, 4).toString()).toBe('PNG');
  const [, transcript = ''] = /its transcript: (\S+)/.exec(all) ?? [];
  expect(await readFile(join(transcript, 'console.log'), 'utf8')).toBe('ready\r\n1\r\n');
  expect(await home.leftovers()).toEqual([]);
});

test('what a run has booted is resumed by the next one', async () => {
  const env = { SPECS: '*.case.ts', REMEMBER: '1' };
  const run = () => home.run('vitest', [...VITEST, 'fails', '-t', 'is not broken'], env);
  expect((await run()).all).toMatch(/qemu-1 booted, .*Tests\s+1 passed/s);
  expect((await run()).all).toMatch(/qemu-1 resumed a boot that was remembered, .*Tests\s+1 passed/s);
  expect(await home.leftovers()).toEqual([]);
});

test('a machine that does not get ready is booted by one worker, and fails the tests of all', async () => {
  const { exitCode, all } = await home.run('vitest', [...VITEST, 'one', 'two'], { NEVER: '1' });
  expect(exitCode).toBe(1);
  expect(count(all, /Error: its database is empty/)).toBe(1);
  expect(all).toMatch(/Error: the machine did not get ready in this run: its database is empty/);
  expect(await home.leftovers()).toEqual([]);
});

describe('nothing is left when vitest, in the middle of a test, is ended by', () => {
  test.each(['SIGKILL', 'SIGINT'] as const)('%s', async (signal) => {
    await using meeting = await openMeeting(home.path, 1);
    const run = home.run('vitest', [...VITEST, 'stays'], { MEETING: meeting.path, SPECS: '*.case.ts' });
    await meeting.all;
    expect(await home.leftovers()).not.toEqual([]);
    run.kill(signal);
    await run;
    expect(await home.leftovers()).toEqual([]);
  });
});

test('whoever watches his tests keeps the machine from run to run, and the new one when it has changed', async () => {
  await using meeting = await openMeeting(home.path, 2);
  const { exitCode, all } = await home.run('vitest', ['watch.ts'], { MEETING: meeting.path });
  expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
  expect(all.split('--- again').map((text) => count(text, /booted/))).toEqual([1, 0, 1]);
  expect(count(all, /Tests\s+4 passed/)).toBe(3);
  expect(await home.leftovers()).toEqual([]);
});
