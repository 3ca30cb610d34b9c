/** `jumplead pool`, with the real QEMU and a guest of 512 bytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PoolInfo } from '../../src/interfaces/index.ts';
import { findLeftProcesses, MARK } from '../soak/left.ts';
import { BIOS } from '../support/bios-machine.ts';
import { writeBootImage } from '../support/boot-image.ts';
import { untilPrinted } from '../support/demo.ts';
import { openHome } from '../support/tiny-machine.ts';
import { openOnTerminal } from './on-terminal.ts';
import { CLI, runCli } from './run-cli.ts';

let home: Awaited<ReturnType<typeof openHome>>;
let image: string;
let file: string;
let env: Record<string, string>;

beforeAll(async () => {
  home = await openHome();
  env = { [MARK]: home.path };
  image = await writeBootImage(home.path);
  file = await writeExporter('lab', {
    ...{ ...BIOS, image, pool: { min: 1, max: 3 } },
    boot: { remember: false, ready: { console: 'ready\\r\\n' } },
  });
});
afterAll(() => home[Symbol.asyncDispose]());

/** An exporter file with one machine. JSON is YAML. */
async function writeExporter(name: string, config: object): Promise<string> {
  const path = join(home.path, `${name}.yaml`);
  const metadata = { namespace: 'default', name };
  const content = { metadata, export: { vm: { type: 'qemu', config } } };
  await writeFile(path, JSON.stringify(content));
  return path;
}

type News = PoolInfo & { readonly machine: string };

/** `jumplead pool serve -o json`, as a process of its own. */
function servePool() {
  const child: ChildProcess = spawn(
    process.execPath,
    [CLI, 'pool', 'serve', '--exporter-config', file, '-o', 'json'],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  // SAFE: 'pipe' in stdio
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  return {
    child,
    /** The next figures that are so. */
    until: async (isSo: (news: News) => boolean): Promise<News> => {
      for (;;) {
        const { done, value } = await lines.next();
        if (done) throw new Error(`it has ended: ${said}`);
        const news = JSON.parse(value) as News; // SAFE: a test
        if (isSo(news)) return news;
      }
    },
    stop: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('machines are kept ready, claimed, listed, and gone at the end', async () => {
  await using served = servePool();
  expect(await served.until(({ ready }) => ready === 1)).toMatchObject({
    machine: 'vm',
    min: 1,
    max: 3,
    claimed: 1,
  });
  const claim = await runCli(['pool', 'claim', '--', 'jl', 'power', 'state'], { env });
  expect(claim).toMatchObject({ code: 0, stdout: 'running\n' });
  await served.until(({ given, ready, claimed }) => given === 2 && ready === 1 && claimed === 1);
  expect(await runCli(['pool', 'claim', '--', 'sh', '-c', 'exit 7'], { env })).toMatchObject({ code: 7 });
  const list = await runCli(['pool', 'ls'], { env });
  expect(list.stdout).toMatch(
    /^POOL +MACHINE +READY +CLAIMED +GIVEN +BROKEN +REFUSED +FAILED\nlab +vm +\d\/1 +\d\/3 +3 +0 +0 +0\n$/,
  );
  const data = JSON.parse((await runCli(['pool', 'ls', '-o', 'json'], { env })).stdout);
  expect(data).toMatchObject([{ name: 'lab', machine: 'vm', from: 'pool', given: 3 }]);
  expect(await served.stop('SIGINT')).toBe(130);
  expect(await findLeftProcesses(home.path)).toEqual([]);
  expect(await readdir(join(home.path, 'state/jumplead/pools'))).toEqual([]);
  expect((await runCli(['pool', 'ls'], { env })).stdout).toContain('no pool is served');
  expect((await runCli(['pool', 'ls', '-o', 'name'], { env })).stdout).toBe('');
});

test('nothing is left of one that was killed with machines ready and claimed', async () => {
  await using served = servePool();
  await served.until(({ ready }) => ready === 1);
  const claimed = runCli(['pool', 'claim', '--', 'sh', '-c', 'kill -KILL $OWNER; jl power state'], {
    env: { ...env, OWNER: String(served.child.pid) },
  });
  expect((await claimed).code).not.toBe(0);
  await served.stop('SIGKILL');
  expect(await findLeftProcesses(home.path)).toEqual([]);
  const { code, stderr } = await runCli(['pool', 'claim', '--', 'true'], { env });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('no pool is served') });
});

describe('mistakes', () => {
  test('a file without a pool', async () => {
    await mkdir(join(home.path, 'none'), { recursive: true });
    const path = await writeExporter('none', { ...BIOS });
    const { code, stderr } = await runCli(['pool', 'serve', '--exporter-config', path], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('no machine of the file has a pool: write pool: { min: 2, max: 6 }');
  });

  test('what a pool cannot have, by line and column', async () => {
    const path = join(home.path, 'wrong.yaml');
    const text = [
      'metadata: { namespace: default, name: wrong }',
      'export:',
      '  vm:',
      '    type: qemu',
      '    config:',
      '      image: a.img',
      '      pool: { min: 2, max: 1 }',
    ];
    await writeFile(path, text.join('\n'));
    const { code, stderr } = await runCli(['pool', 'serve', '--exporter-config', path], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:7:\d+: export\.vm\.config\.pool\.max: got 1/);
  });

  test('a time that is none', async () => {
    const { code, stderr } = await runCli(['pool', 'claim', '--wait', 'long', '--', 'true'], { env });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--wait: got "long"'),
    });
  });
});

describe('how the pools are, for people', () => {
  /** With a pool of two machines, of which the exporter itself serves one. */
  const small = () =>
    writeExporter('small', {
      ...{ ...BIOS, image, pool: { min: 1, max: 2 } },
      boot: { remember: false, ready: { console: 'ready\\r\\n' } },
    });
  const BEGUN = '1 of 1 ready, 1 claimed, 2 at most, 1 given so far';

  test('on a terminal it is a line that changes; claims by address wait as long as they say', async () => {
    const words = [CLI, 'pool', 'serve', '--exporter-config', await small()];
    await using serving = await openOnTerminal(words, env);
    await serving.tty.expect(`\r\x1b[Kpool vm: ${BEGUN}`);
    const [{ host }] = JSON.parse((await runCli(['pool', 'ls', '-o', 'json'], { env })).stdout);
    const claim = ['pool', 'claim', '--host', host];
    const second = [process.execPath, CLI, ...claim, '--wait', '10ms', '--', 'true'];
    const { code, stderr } = await runCli([...claim, '--', ...second], { env });
    expect(stderr).toContain('2 of 2 machines are claimed');
    expect(code).toBe(3);
    await serving.tty.expect('pool vm: 1 of 1 ready, 1 claimed, 2 at most, 2 given so far, 1 refused');
    const both = await runCli([...claim, '--pool', 'small', '--', 'true'], { env });
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('leave it out with --host') });
    await serving.tty.write('\x03');
    expect(await serving.exited).toBe(130);
  });

  test('in a pipe each change is a line', async () => {
    const words = [CLI, 'pool', 'serve', '--exporter-config', await small()];
    const child = execa(process.execPath, words, { env, reject: false, stdin: 'ignore', stdout: 'ignore' });
    const said = await untilPrinted(child.stderr, `pool vm: ${BEGUN}\n`);
    expect(said).not.toContain('\x1b');
    expect(said).not.toContain('\r');
    expect(said.split('\n').filter((line) => line.startsWith('pool vm: ')).length).toBeGreaterThan(1);
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
  });
});
