/**
 * The main job on a real machine: Debian on UEFI firmware, booted once for all of these tests. They run in order, as each
 * looks at what the one before has left.
 */
import { createHash } from 'node:crypto';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, serve, sessionOf } from 'jumplead';
import { buildImage } from 'jumplead/images';
import { qemu, qemuRig } from 'jumplead/qemu';
import * as wait from 'jumplead/wait';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../support/chromium.ts';
import { linesOf } from '../support/lines.ts';
import { describeForks } from './scenario-forks.ts';

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

const openMachine = (artifacts: string) =>
  serve(qemu({ arch: 'x86_64', memory: '1GiB', cpus: 2, forwards: { web: { guestPort: 8080 } } }), {
    artifacts,
  });

/** Resolves when the machine has come up, by its console, its ssh server and its own word. */
const waitUntilReady = (vm: Awaited<ReturnType<typeof openMachine>>) =>
  vm.waitFor(wait.all(wait.console('login: '), wait.ssh(), wait.cloudInit()), { timeout: '20m' });

/** A web server in the guest, which says when it can be reached. */
const WEB_SERVER = `
import http.server, os
os.makedirs('/tmp/web'); os.chdir('/tmp/web')
open('index.html', 'w').write('hello\\n')
server = http.server.ThreadingHTTPServer(('', 8080), http.server.SimpleHTTPRequestHandler)
print('ready', flush=True)
server.serve_forever()`;

/** The keyboard that the screen's keys go to, as a shell finds it in the guest. */
const KEYBOARD =
  "/dev/input/$(basename $(dirname $(dirname $(grep -il 'usb keyboard' /sys/class/input/event*/device/name))))";

/** How many colours a picture has. */
const coloursOf = (png: Uint8Array): number => {
  const { data } = PNG.sync.read(Buffer.from(png));
  return new Set(new Uint32Array(data.buffer, data.byteOffset, data.length / 4)).size;
};

describe('a real Debian on x86_64', () => {
  let vm: Awaited<ReturnType<typeof openMachine>>;
  let tty: Awaited<ReturnType<(typeof vm)['console']['open']>>;
  let ssh: Awaited<ReturnType<(typeof vm)['ssh']['connect']>>;
  let ready: ReturnType<typeof waitUntilReady>;
  let folder: string;

  beforeAll(async () => {
    folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-scenario-'))).path;
    vm = stack.use(await openMachine(folder));
  });

  test('is flashed, with progress', async () => {
    const phases = new Set<string>();
    await vm.flasher.flash(await buildImage({ name: 'debian-12', arch: 'x86_64' }), {
      onProgress: ({ phase }) => phases.add(phase),
    });
    expect(phases.size).toBeGreaterThan(0);
  });

  test('says what was chosen for it, and why', async () => {
    const about = await vm.describe();
    expect(about).toMatchObject({ arch: 'x86_64', machine: 'q35', cpus: 2, memory: 2 ** 30 });
    expect(about.accelerator.reason).not.toBe('');
  });

  test('boots from the firmware to a shell prompt', async () => {
    await vm.power.on();
    expect(await vm.power.state()).toBe('running');
    ready = waitUntilReady(vm);
    ready.catch(() => undefined);
    tty = stack.use(await vm.console.open({ from: 'boot' }));
    await tty.expect(/BdsDxe: starting/, { timeout: '10m' });
    await tty.expect(/Linux version/, { timeout: '10m' });
    await tty.login(vm.credentials, { timeout: '15m' });
  });

  test('is not flashed while it is on', async () => {
    await expect(vm.flasher.flash(new Uint8Array(512))).rejects.toMatchObject({
      code: 'state',
      fault: 'caller',
    });
  });

  test('runs ssh by key while SELinux enforces', async () => {
    expect((await tty.run('sudo getenforce')).stdout.trim()).toBe('Enforcing');
    ssh = stack.use(await vm.ssh.connect({ timeout: '5m' }));
    const { stdout } = await ssh.run(['uname', '-r']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+.*-amd64\n$/);
    expect((await tty.run('sudo getenforce')).stdout.trim()).toBe('Enforcing');
  });

  test('was waited for meanwhile, by somebody else, until it said that it is ready', async () => {
    const [login, , setUp] = await ready;
    expect(login.text).toBe('login: ');
    expect(setUp).toEqual({ degraded: false, problems: [] });
  });

  test('is made permissive', async () => {
    await tty.run('sudo setenforce 0');
    expect((await tty.run('sudo getenforce')).stdout.trim()).toBe('Permissive');
  });

  test('tells exit codes and output of commands, on the console and by ssh', async () => {
    const script = "printf 'one\\ntwo ä\\n'; false";
    await expect(tty.run(script)).rejects.toMatchObject({ code: 'command', exitCode: 1, fault: 'device' });
    expect(await tty.run(script, { reject: false })).toEqual({ stdout: 'one\ntwo ä\n', exitCode: 1 });
    expect(await ssh.run(script, { reject: false })).toMatchObject({ stdout: 'one\ntwo ä\n', exitCode: 1 });
    const long = `echo ${'0123456789'.repeat(40)}`;
    expect((await tty.run(long)).stdout).toBe(`${'0123456789'.repeat(40)}\n`);
  });

  test('copies files both ways', async () => {
    const there = join(folder, 'there.bin');
    const back = join(folder, 'back.bin');
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31) % 251));
    await writeFile(there, bytes);
    await ssh.upload(there, '/tmp/there.bin');
    const { stdout } = await ssh.run(['sha256sum', '/tmp/there.bin']);
    expect(stdout.split(' ')[0]).toBe(createHash('sha256').update(bytes).digest('hex'));
    await ssh.download('/tmp/there.bin', back);
    expect(await readFile(back)).toEqual(bytes);
  });

  test('is reached through a forwarded port, and through one of ssh', async () => {
    const server = await ssh.spawn(['python3', '-c', WEB_SERVER]);
    expect((await linesOf(server.stdout).next()).value).toBe('ready');
    expect(await vm.waitFor(wait.http(8080, '/index.html'))).toEqual({ status: 200 });
    const { forwards } = await vm.describe();
    const web = forwards['web'];
    expect(await (await fetch(`http://127.0.0.1:${web?.hostPort}/index.html`)).text()).toBe('hello\n');
    await using tunnel = await ssh.forward({ guestPort: 8080 });
    expect(await (await fetch(`http://${tunnel.host}:${tunnel.port}/index.html`)).text()).toBe('hello\n');
  });

  test('shows its screen as a picture', async () => {
    const file = join(folder, 'screen.png');
    const png = await vm.display.screenshot(file);
    const { width, height } = PNG.sync.read(Buffer.from(png));
    expect(width * height).toBeGreaterThan(300_000);
    expect(coloursOf(png)).toBeGreaterThan(1);
    expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
  });

  test('shows its screen in a browser, and a key typed there reaches the guest', async () => {
    await using screen = await vm.display.open();
    const browser = await launchBrowser();
    stack.defer(() => browser.close());
    const page = await browser.newPage();
    await page.goto(screen.url);
    const canvas = page.locator('#screen canvas').first();
    await expect
      .poll(async () => coloursOf(await canvas.screenshot()), { timeout: 60_000 })
      .toBeGreaterThan(1);
    const heard = await ssh.spawn(`sudo sh -c "exec <${KEYBOARD}; echo ready; head -c 24 | wc -c"`);
    const lines = linesOf(heard.stdout);
    expect((await lines.next()).value).toBe('ready');
    await canvas.click();
    await page.keyboard.press('a');
    expect((await lines.next()).value).toBe('24');
  });

  test('has its console in the transcript, from the first byte, as a second reader sees it', async () => {
    const { transcript, offset } = await vm.console.status();
    const recorded = await readFile(String(transcript));
    await using again = await vm.console.stream({ from: 'boot' });
    let seen = Buffer.alloc(0);
    for await (const chunk of again) {
      seen = Buffer.concat([seen, chunk]);
      if (seen.length >= offset) break;
    }
    expect(seen.subarray(0, offset).equals(recorded.subarray(0, offset))).toBe(true);
    expect(recorded.toString()).toContain('Linux version');
  });

  test('is used by a second client at the same time, which is told who writes', async () => {
    await using other = await connect(sessionOf(vm).target, qemuRig);
    expect(await other.power.state()).toBe('running');
    await using second = await other.console.open({ from: 'now' });
    await expect(second.run('true')).rejects.toMatchObject({ code: 'busy' });
  });

  describe('is forked:', () => describeForks(() => vm));

  test('is switched off by the guest itself', async () => {
    expect(await vm.power.off({ deadline: '5m' })).toBe('graceful');
    expect(await vm.power.state()).toBe('off');
  });
});
