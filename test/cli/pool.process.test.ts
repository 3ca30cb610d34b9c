/** `jumplead pool`, with the real QEMU and a guest of 512 bytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PoolInfo } from '../../src/interfaces/index.ts';
import { findLeftProcesses, MARK } from '../soak/left.ts';
import { BIOS } from '../support/bios-machine.ts';
import { writeBootImage } from '../support/boot-image.ts';
import { openHome } from '../support/tiny-machine.ts';
import { CLI, runCli } from './run-cli.ts';

let home: Awaited<ReturnType<typeof openHome>>;
let file: string;
let env: Record<string, string>;

beforeAll(async () => {
  home = await openHome();
  env = { [MARK]: home.path };
  const image = await writeBootImage(home.path);
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
    /^POOL +MACHINE +READY +CLAIMED +GIVEN +BROKEN +REFUSED\nlab +vm +\d\/1 +\d\/3 +3 +0 +0\n$/,
  );
  const data = JSON.parse((await runCli(['pool', 'ls', '-o', 'json'], { env })).stdout);
  expect(data).toMatchObject([{ name: 'lab', machine: 'vm', from: 'pool', given: 3 }]);
  expect(await served.stop('SIGINT')).toBe(130);
  expect(await findLeftProcesses(home.path)).toEqual([]);
  expect(await readdir(join(home.path, 'state/jumplead/pools'))).toEqual([]);
  expect((await runCli(['pool', 'ls'], { env })).stdout).toContain('no pool is served');
});

test('nothing is left of one that was killed with machines ready and claimed', async () => {
  await using served = servePool();
  await served.until(({ ready }) => ready === 1);
  const claimed = runCli(['pool', 'claim', '--', 'sh', '-c', 'kill -KILL $OWNER; jl power state'], {
    env: { ...env, OWNER: String(served.child.pid) },
  });
  expect((await claimed).code).not.toBe(0);
  await served.stop('SIGKILL');
  await expect.poll(() => findLeftProcesses(home.path)).toEqual([]);
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
