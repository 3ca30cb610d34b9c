/** Projects with `globalSetup: 'jumplead/playwright/setup'`, run by Playwright as their users do, with the real QEMU and a guest of 512 bytes. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { chromiumPath } from '../support/chromium.ts';
import { untilPrinted } from '../support/demo.ts';
import { openMeeting } from '../support/meeting.ts';
import { openRunnerHome, type RunnerHome, runJl } from '../support/runner-project.ts';

const { resolve } = createRequire(import.meta.url);
const PLAYWRIGHT = [join(dirname(resolve('@playwright/test')), 'cli.js'), 'test'];

/** Each starts Playwright, which starts workers. */
vi.setConfig({ testTimeout: 5 * 60_000 });

let home: RunnerHome;
beforeEach(async () => {
  home = await openRunnerHome();
});
afterEach(() => home[Symbol.asyncDispose]());

const start = (specs: string, env: Readonly<Record<string, string>>) =>
  home.run('playwright', PLAYWRIGHT, { SPECS: specs, OUTPUT: join(home.path, 'results'), ...env });

test('two workers at once share a machine that was booted once; one that failed a test is kept until Ctrl-C', async () => {
  await using meeting = await openMeeting(home.path, 2);
  const run = start('{one,two,fails}.*.ts', { MEETING: meeting.path, JUMPLEAD_KEEP: '1' });
  const said = await untilPrinted(run.all, 'They live until Enter or Ctrl-C');
  const [, host = ''] = /JUMPSTARTER_HOST=(\S+)/.exec(said) ?? [];
  expect(await runJl(host, 'power', 'state')).toBe('running');
  run.kill('SIGINT');
  const { exitCode, all } = await run;
  expect(exitCode).toBe(130);
  expect(all).toMatch(/1 failed\n.*\n\s+4 passed/);
  expect([...all.matchAll(/qemu-\d+ booted/g)]).toHaveLength(1);
  expect(await attached(join(home.path, 'results.json'))).toEqual([
    ['console of the machine', 'text/plain', expect.stringMatching(/ready\n1$/)],
    ['screen of the machine', 'image/png', expect.stringMatching(/^\x89PNG/)],
    [
      'machine that was kept',
      'text/plain',
      expect.stringContaining(`JUMPSTARTER_HOST=${host} npx jl console`),
    ],
  ]);
  expect(await home.leftovers()).toEqual([]);
});

test('a page is that of the machine of the test', async () => {
  const { exitCode, all } = await start('pages.case.ts', { CHROMIUM: chromiumPath() });
  expect({ exitCode }, all).toEqual({ exitCode: 0 });
});

/** Name, type and content of what a report has of the test that failed. */
async function attached(path: string): Promise<string[][]> {
  const report = await readFile(path, 'utf8');
  const found: string[][] = [];
  JSON.parse(report, (key, value) => {
    if (key === 'attachments')
      for (const { name, contentType, body } of value)
        if (name.includes('machine'))
          found.push([name, contentType, Buffer.from(body, 'base64').toString('latin1')]);
    return value;
  });
  return found;
}

describe('nothing is left when Playwright, in the middle of a test, is ended by', () => {
  test.each(['SIGKILL', 'SIGINT'] as const)('%s', async (signal) => {
    await using meeting = await openMeeting(home.path, 1);
    const run = start('stays.case.ts', { MEETING: meeting.path });
    await meeting.all;
    expect(await home.leftovers()).not.toEqual([]);
    run.kill(signal);
    await run;
    expect(await home.leftovers()).toEqual([]);
  });
});
