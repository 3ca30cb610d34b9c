/**
 * The main job by the stock Python client, on machines of ours: Debian on UEFI firmware, which boots once. From then on that boot is
 * remembered, also by pools.
 */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from 'jumplead';
import { openSession } from 'jumplead/exporter';
import { buildImage } from 'jumplead/images';
import { type QemuConfigInput, qemu } from 'jumplead/qemu';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../../src/core/index.ts';
import { openPythonEnv } from '../interop/python-env.ts';
import { openHome } from '../support/tiny-machine.ts';

const MACHINE = {
  arch: 'x86_64',
  memory: '1GiB',
  cpus: 2,
  boot: { remember: true, ready: { console: 'login: $' } },
} as const satisfies QemuConfigInput;

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

let answers: string;
let python: Awaited<ReturnType<typeof openPythonEnv>>;
let image: string;

beforeAll(async () => {
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-python-client-')));
  answers = join(folder.path, 'answers');
  python = await openPythonEnv();
  image = await buildImage({ name: 'debian-12', arch: 'x86_64' });
  stack.use(await openHome());
});

/** The client does its work on such a machine. Returns what the exporter says of how that began, in order. */
async function runClient(config: QemuConfigInput): Promise<string[]> {
  const logged: string[] = [];
  const stored = Promise.withResolvers<void>();
  const write = (line: string) => {
    const { msg } = JSON.parse(line);
    logged.push(msg);
    if (/boot is (?:not )?remembered/.test(msg)) stored.resolve();
  };
  const log = pino({ level: 'info' }, { write });
  await using session = await openSession(qemu(config), { log });
  const env = { JUMPSTARTER_HOST: session.socket, JMP_DRIVERS_ALLOW: 'UNSAFE' };
  const begun = performance.now();
  await runTool(python.program('python'), [python.script('debian_client.py'), image, answers], { env });
  console.log(`the stock Python client took ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  expect(JSON.parse(await readFile(answers, 'utf8'))).toEqual({
    screen: expect.stringMatching(/^RFB 003\.\d{3}\n$/),
    selinux: 'Permissive',
    release: expect.stringMatching(/^\d+\.\d+\.\d+.*-amd64$/),
  });
  if (logged.includes('the machine boots')) await stored.promise;
  return logged.filter((line) => /^the machine (?:boots|resumes|of the pool boots)$|remembered/.test(line));
}

test('a stock Python client flashes, boots, logs in and runs ssh', async () => {
  expect(await runClient(MACHINE)).toEqual(['the machine boots', 'this boot is remembered']);
});

test('for the next one that boot is remembered', async () => {
  expect(await runClient(MACHINE)).toEqual(['the machine resumes']);
});

test('with a pool it is there before anybody asks', async () => {
  expect(await runClient({ ...MACHINE, image, pool: { min: 1, max: 2 } })).toEqual([
    'the machine of the pool boots',
    'the machine resumes',
  ]);
});

test('a pool of our own has machines of that boot too, each of which is logged in to', async () => {
  await using pool = await createPool(qemu({ ...MACHINE, image }), { ready: 'login', min: 1, max: 2 });
  expect((await pool.vm.describe()).boot?.kind).toBe('remembered');
  const seen = new Set<string>();
  for (let claims = 1; claims <= 2; claims++) {
    await pool.filled();
    await using vm = await pool.claim();
    expect((await vm.describe()).fork?.steps).toHaveProperty('warm');
    await using ssh = await vm.ssh.connect({ timeout: '5m' });
    expect((await ssh.run(['uname', '-r'])).stdout).toMatch(/^\d+\.\d+\.\d+.*-amd64\n$/);
    // It had stood still since it was warmed up.
    const { stdout } = await ssh.run('date +%s; cat /proc/sys/kernel/random/uuid');
    const [time, random = ''] = stdout.split('\n');
    expect(Math.abs(Number(time) - Date.now() / 1_000)).toBeLessThan(60);
    expect(seen.add(random).size).toBe(claims);
    // Its prompt was shown before it was forked.
    await using tty = await vm.console.open();
    await tty.login(vm.credentials);
  }
});
