import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootSector } from '../fixtures/boot-sector.ts';
import { findLeftFiles, findLeftProcesses, MARK } from '../soak/left.ts';
import { installFakeQemu } from '../support/fake-qemu-system.ts';

const CLI = join(import.meta.dirname, '../../bin/jumplead.js');

let home: Awaited<ReturnType<typeof mkdtempDisposable>>;
let env: Record<string, string>;
let run: string;

beforeEach(async () => {
  home = await mkdtempDisposable(join(tmpdir(), 'interrupt-'));
  run = join(home.path, 'r');
  await mkdir(run);
  env = {
    XDG_STATE_HOME: join(home.path, 'state'),
    XDG_RUNTIME_DIR: run,
    JUMPLEAD_CACHE: join(home.path, 'cache'),
    PATH: await installFakeQemu(home.path),
    FAKE_QEMU: '--deaf',
    [MARK]: home.path,
  };
  await writeFile(join(home.path, 'boot.img'), bootSector());
});
afterEach(() => home.remove());

/** A demo whose machine is deaf to all that is asked of it, until that waits for the firmware to say something. */
async function startDemo(): Promise<{ readonly demo: ChildProcess; readonly said: () => string }> {
  const args = [
    'demo',
    '--arch',
    'x86_64',
    '--image',
    join(home.path, 'boot.img'),
    '--out',
    join(home.path, 'out'),
  ];
  const demo = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
  let text = '';
  for (const stream of [demo.stdout, demo.stderr])
    stream?.setEncoding('utf8').on('data', (more) => (text += more));
  const lines = createInterface({ input: demo.stdout });
  for await (const line of lines) if (/power on +running/.test(line) || line.includes('power on')) break;
  return { demo, said: () => text };
}

const left = async () => [
  ...(await findLeftProcesses(home.path)),
  ...(await findLeftFiles(run, [])),
  ...(await findLeftFiles(join(home.path, 'state/jumplead/runs'), [])),
];

test('the first Ctrl-C cleans up, also after a QEMU that does not want to end', async () => {
  const { demo, said } = await startDemo();
  const ended = once(demo, 'close');
  demo.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
  expect(said()).toContain('SIGINT: cleaning up; once more to insist');
  expect(said()).toContain('interrupted; everything was cleaned up');
  expect(await left()).toEqual([]);
});

test('the second insists: it ends at once, and the next start finds nothing but files, which it removes', async () => {
  const { demo, said } = await startDemo();
  const ended = once(demo, 'close');
  demo.kill('SIGINT');
  while (!said().includes('once more to insist')) await once(demo.stderr as NodeJS.EventEmitter, 'data');
  demo.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
  expect(said()).not.toContain('everything was cleaned up');
  expect(await findLeftProcesses(home.path)).toEqual([]);
  expect(await left()).not.toEqual([]);
  const second = await startDemo();
  const over = once(second.demo, 'close');
  second.demo.kill('SIGINT');
  await over;
  expect(await left()).toEqual([]);
  expect(await readdir(run)).toEqual([]);
});
