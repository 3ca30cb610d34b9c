/**
 * A real QEMU with a guest that starts within seconds: what a machine does in its details. The tests of a group run in
 * order, on the same machine; each looks at what the one before has left.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, sessionOf, type Tty } from 'jumplead';
import { qemuRig } from 'jumplead/qemu';
import { all, console, http } from 'jumplead/wait';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../support/failure.ts';
import { type EventLog, listenTo } from '../support/machine-events.ts';
import { numberedLines } from '../support/numbered-lines.ts';
import { findProcesses } from '../support/processes.ts';
import { BOOT, openHome, PROMPT, serveQemu, tinyGuest } from '../support/tiny-machine.ts';

const MIB = 2 ** 20;
/** Longer than any test may take: what ends before it has not been ended by it. */
const NEVER = { timeout: '10h' } as const;

/** The kernel's level of messages that it does not print. */
const DEBUG = 7;

const stack = new AsyncDisposableStack();
let guest: Awaited<ReturnType<typeof tinyGuest<'x86_64'>>>;
let home: string;

beforeAll(async () => {
  guest = await tinyGuest('x86_64');
  home = stack.use(await openHome()).path;
});
afterAll(() => stack.disposeAsync());

/** A web server of this host, on its loopback, which guests know as 10.0.2.2. */
async function openHostServer(): Promise<{ readonly host: string; readonly port: number } & AsyncDisposable> {
  const server = createServer((_, response) => response.end('from the host\n'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // SAFE: it listens on a TCP port
  return {
    host: '10.0.2.2',
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

/** Asks a web server from within the guest, which has its address when this has been run. */
const ask = ({ host, port }: { readonly host: string; readonly port: number }) =>
  `udhcpc -n -q -i eth0 >/dev/null 2>&1; printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 10 ${host} ${port}`;

describe('a machine with a disk and no way out', () => {
  const content = randomBytes(MIB);
  const open = async () =>
    serveQemu(
      { ...guest, network: 'isolated', diskSize: '64MiB', forwards: { web: { guestPort: 80 } } },
      join(home, 'isolated'),
    );
  let vm: Awaited<ReturnType<typeof open>>;
  let tty: Tty;
  let events: EventLog;

  beforeAll(async () => {
    vm = stack.use(await open());
    events = await listenTo(vm);
    await writeFile(join(home, 'disk.img'), content);
    await vm.flasher.flash(join(home, 'disk.img'));
  });

  test('starts, and its console is there from the first byte', async () => {
    expect(await vm.power.state()).toBe('off');
    await vm.power.on();
    expect(await vm.power.state()).toBe('running');
    tty = await vm.console.open();
    await tty.expect('Linux version', BOOT);
    // Nobody in this process reads now, while the kernel prints, which does not wait for its console for long.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    await tty.expect(PROMPT, BOOT);
    const { boot, offset, transcript } = await vm.console.status();
    const recorded = (await readFile(String(transcript))).subarray(0, offset);
    expect(boot).toBe(0);
    expect(recorded.toString().split('\r\n')[0]).toMatch(/^\[ +0\.000000\] Linux version \d/);
    // A second reader, who comes late, and over a connection of its own.
    await using other = await connect(sessionOf(vm).target, qemuRig);
    await using reader = await other.console.stream({ from: 'boot' });
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader) {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) >= offset) break;
    }
    expect(Buffer.concat(chunks).subarray(0, offset).equals(recorded)).toBe(true);
  });

  test('has every line of the kernel on its console, though the process that records it stood still', async () => {
    const { stdout } = await tty.run('dmesg -r');
    const lines = Array.from(stdout.matchAll(/^<(\d+)>(\[.*)$/gm), ([, level, text = '']) => ({
      level: Number(level) & 7,
      text,
    }));
    const ownWork = lines.findIndex(({ text }) => text.includes('Run /init as init process'));
    const printed = lines
      .slice(0, ownWork)
      .filter(({ level }) => level < DEBUG)
      .map(({ text }) => text);
    expect(printed.length).toBeGreaterThan(100);
    const recorded = new Set((await readFile(String(tty.transcript), 'utf8')).split(/\r*\n/));
    expect(printed.filter((text) => !recorded.has(text))).toEqual([]);
  });

  test('prints 4 MiB, read over another connection, while the process that records it stands still: not a byte is lost', async () => {
    const expected = numberedLines(0, 4 * MIB);
    const { offset } = await vm.console.status();
    await using other = await connect(sessionOf(vm).target, qemuRig);
    await using reader = await other.console.stream({ from: offset });
    await tty.sendLine(`awk 'BEGIN { while (i < ${expected.length / 64}) printf "%62d\\n", i++ }'`);
    const [first, last] = [expected.subarray(0, 64), expected.subarray(-64)];
    const chunks: Uint8Array[] = [];
    let [read, stood, end] = [0, 0, Buffer.alloc(0)];
    for await (const chunk of reader) {
      chunks.push(chunk);
      read += chunk.length;
      end = Buffer.concat([end.subarray(-64), chunk]);
      if (end.includes(last)) break;
      if (stood < 2 && read > (stood + 1) * MIB) {
        // As long as it takes to print many times what any buffer on the way holds.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
        stood++;
      }
    }
    expect(stood).toBe(2);
    const printed = (all: Buffer) => md5(all.subarray(all.indexOf(first)).subarray(0, expected.length));
    expect(printed(Buffer.concat(chunks))).toBe(md5(expected));
    await tty.expect(PROMPT);
    const recorded = await readFile(String(tty.transcript));
    expect(printed(recorded.subarray(offset))).toBe(md5(expected));
  });

  test('tells the output and the exit code of a command', async () => {
    expect(await tty.run("printf 'one\\ntwo\\n'")).toEqual({ stdout: 'one\ntwo\n', exitCode: 0 });
    const failing = "echo before; sh -c 'exit 3'";
    expect(await tty.run(failing, { reject: false })).toEqual({ stdout: 'before\n', exitCode: 3 });
    expect(await failureOf(tty.run(failing))).toMatchObject({
      code: 'command',
      exitCode: 3,
      fault: 'device',
    });
  });

  test('is written to by one at a time, until another takes over', async () => {
    await using other = await connect(sessionOf(vm).target, qemuRig);
    await using second = await other.console.open({ from: 'now' });
    expect(await failureOf(second.run('true'))).toMatchObject({ code: 'busy', holder: expect.any(String) });
    await using third = await other.console.open({ from: 'now', takeOver: true });
    expect((await third.run('echo taken')).stdout).toBe('taken\n');
    expect(await failureOf(tty.run('true'))).toMatchObject({ code: 'busy' });
    await third.close();
    tty = await vm.console.open({ from: 'now' });
    expect((await tty.run('echo back')).stdout).toBe('back\n');
  });

  test('is waited for by what its console has shown, and by a web server that is to come', async () => {
    const waiting = vm.waitFor(all(console(/Linux version (\S+)/), http(80, '/index.html')), NEVER);
    await tty.run('udhcpc -n -q -i eth0 >/dev/null 2>&1', { reject: false });
    await tty.run('mkdir /tmp/web && echo hello >/tmp/web/index.html && httpd -h /tmp/web');
    const [kernel, answer] = await waiting;
    expect((await tty.run('uname -r')).stdout).toBe(`${kernel.match?.[1]}\n`);
    expect(answer).toEqual({ status: 200 });
  });

  test('is reached by its forwarded port, and reaches nobody', async () => {
    await using host = await openHostServer();
    expect((await tty.run(ask(host), { reject: false })).stdout).not.toContain('from the host');
    const { forwards } = await vm.describe();
    const port = forwards['web']?.hostPort;
    expect(port).toBeGreaterThan(0);
    expect(await vm.web.address()).toBe(`tcp://127.0.0.1:${port}`);
    expect(await (await fetch(`http://127.0.0.1:${port}/index.html`)).text()).toBe('hello\n');
    await using forward = await vm.web.forward();
    expect(await (await fetch(`http://127.0.0.1:${forward.port}/index.html`)).text()).toBe('hello\n');
  });

  test('is paused and goes on', async () => {
    await vm.power.pause();
    expect(await vm.power.state()).toBe('paused');
    await vm.power.resume();
    expect(await vm.power.state()).toBe('running');
    await events.next('STOP');
    await events.next('RESUME');
    await tty.run('true');
  });

  test('has the flashed disk, at its configured size; it is not flashed while it is on', async () => {
    expect((await tty.run('cat /sys/block/vda/size')).stdout).toBe(`${(64 * MIB) / 512}\n`);
    expect((await tty.run('head -c 1048576 /dev/vda | md5sum')).stdout).toContain(md5(content));
    await tty.run('echo kept | dd of=/dev/vda bs=1M seek=2 conv=notrunc && sync');
    const refused = { code: 'state', state: 'running', needed: 'off' };
    expect(await failureOf(vm.flasher.flash(content))).toMatchObject(refused);
    expect(await failureOf(vm.flasher.dump(join(home, 'dump.img')))).toMatchObject(refused);
  });

  test('is switched off by its power button, with what it wrote on its disk', async () => {
    expect(await vm.power.off()).toBe('graceful');
    expect(await vm.power.state()).toBe('off');
    expect(await failureOf(tty.expect('never', NEVER))).toMatchObject({ code: 'expect', reason: 'closed' });
    expect(tty.tail).toContain('reboot: Power down');
    await vm.flasher.dump(join(home, 'dump.img'));
    const dumped = await readFile(join(home, 'dump.img'));
    expect(dumped.length).toBe(64 * MIB);
    expect(dumped.subarray(0, MIB).equals(content)).toBe(true);
    expect(dumped.subarray(2 * MIB, 2 * MIB + 5).toString()).toBe('kept\n');
    expect((await readFile(join(home, 'disk.img'))).equals(content)).toBe(true);
  });

  test('is switched on again, and its disk is as it was; a reset starts it anew', async () => {
    await vm.power.on();
    tty = await vm.console.open();
    await tty.expect(PROMPT, BOOT);
    expect((await tty.run('dd if=/dev/vda bs=1M skip=2 count=1 2>/dev/null | head -c 4')).stdout).toBe(
      'kept',
    );
    await vm.power.reset();
    await events.next('RESET');
    await tty.expect('Linux version', BOOT);
    await tty.expect(PROMPT, BOOT);
    expect(await vm.power.state()).toBe('running');
  });

  test('is switched off and on in one call', async () => {
    expect(await vm.power.cycle()).toBe('graceful');
    expect(await vm.power.state()).toBe('running');
    await events.next('EXIT');
    await events.next('POWER_ON');
    tty = await vm.console.open();
    await tty.expect(PROMPT, BOOT);
  });

  test('is asked by one at a time; whoever insists ends what is under way', async () => {
    // From now on it does not hear its power button.
    await tty.run('killall head');
    const graceful = failureOf(vm.power.off({ deadline: '10h' }));
    await events.next('POWERDOWN');
    await using other = await connect(sessionOf(vm).target, qemuRig);
    const busy = { code: 'busy', fault: 'lab', holder: expect.any(String), since: expect.any(String) };
    expect(await failureOf(other.power.off())).toMatchObject(busy);
    expect(await failureOf(other.power.reset())).toMatchObject(busy);
    expect(await failureOf(other.flasher.flash(content))).toMatchObject(busy);
    expect(await other.power.state()).toBe('running');
    expect(await other.power.off({ mode: 'forced' })).toBe('forced');
    expect(await graceful).toMatchObject({ code: 'state', fault: 'caller' });
    expect(await vm.power.state()).toBe('off');
    expect(await vm.power.off()).toBe('already');
  });
});

describe('a machine that has a bad day', () => {
  const open = async () => serveQemu({ ...guest, forwards: { web: { guestPort: 80 } } }, join(home, 'user'));
  let vm: Awaited<ReturnType<typeof open>>;
  let tty: Tty;
  let events: EventLog;

  beforeAll(async () => {
    vm = stack.use(await open());
    events = await listenTo(vm);
    await vm.power.on();
    tty = await vm.console.open();
    await tty.expect(PROMPT, BOOT);
  });

  test('reaches this host, as its network is not isolated', async () => {
    await using host = await openHostServer();
    expect((await tty.run(ask(host))).stdout).toContain('from the host\n');
  });

  test('shows on its screen what it prints there', async () => {
    const before = PNG.sync.read(Buffer.from(await vm.display.screenshot()));
    await tty.run('for i in $(seq 20); do echo "line $i on the screen" >/dev/tty1; done');
    const after = PNG.sync.read(Buffer.from(await vm.display.screenshot()));
    expect(after.data.equals(before.data)).toBe(false);
  });

  test('panics: who waits is told at once, and the machine is kept for a look', async () => {
    await tty.sendLine('echo c >/proc/sysrq-trigger');
    const error = await failureOf(tty.expect('never', NEVER));
    expect(error).toMatchObject({
      ...{ code: 'device', fault: 'device', event: 'GUEST_PANICKED', operation: 'console.expect' },
      // Where the guest is slow to print the rest, its first line was enough.
      detectedBy: expect.stringMatching(/^(?:pvpanic|console)$/),
      command: `sh ${join(home, 'user', 'qemu.sh')}`,
      message: expect.stringContaining('Kernel panic - not syncing: sysrq triggered crash'),
    });
    const recorded = await readFile(String(tty.transcript), 'utf8');
    expect(recorded).toContain('Kernel panic - not syncing: sysrq triggered crash');
    expect((await events.next('GUEST_PANICKED')).data).toMatchObject({ action: 'pause' });
    expect(await vm.power.state()).toBe('panicked');
    expect(PNG.sync.read(Buffer.from(await vm.display.screenshot())).width).toBeGreaterThan(0);
    expect(await failureOf(vm.power.resume())).toMatchObject({ code: 'state', state: 'panicked' });
    expect(await vm.power.off()).toBe('forced');
    await events.next('EXIT');
  });

  test('is as good as new after it was off', async () => {
    await vm.power.on();
    tty = await vm.console.open();
    await tty.expect(PROMPT, BOOT);
    expect((await tty.run('uname -s')).stdout).toBe('Linux\n');
  });

  test('switches itself off', async () => {
    await tty.sendLine('poweroff -f');
    const end = await failureOf(tty.expect('never', NEVER));
    expect(end).toMatchObject({ code: 'expect', reason: 'closed' });
    expect(end).not.toHaveProperty('cause');
    expect((await events.next('SHUTDOWN')).data).toMatchObject({ guest: true });
    await events.next('EXIT');
    expect(await vm.power.state()).toBe('off');
  });

  test('loses its QEMU: everything that waits for it fails at once', async () => {
    await vm.power.on();
    tty = await vm.console.open();
    await tty.expect('Linux version', BOOT);
    const device = { code: 'device', fault: 'device', event: 'EXIT' };
    const expecting = failureOf(tty.expect('never', NEVER));
    await using web = await vm.web.connect();
    const reading = failureOf(Array.fromAsync(web));
    const loggingIn = failureOf(vm.ssh.connect({ username: 'root', password: 'x', ...NEVER }));
    const goingOff = failureOf(vm.power.off({ deadline: '10h' }));
    await events.next('POWERDOWN');
    const { command } = await vm.describe();
    const uuid = command[command.indexOf('-uuid') + 1] ?? '';
    const pids = await findProcesses(uuid);
    expect(pids).toHaveLength(1);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await expecting).toMatchObject({ ...device, signal: 'SIGKILL', operation: 'console.expect' });
    expect(await reading).toMatchObject(device);
    expect(await loggingIn).toMatchObject(device);
    expect(await goingOff).toMatchObject(device);
    expect(await vm.power.state()).toBe('off');
  });
});

test('a machine without a network has no card, no ssh and no forwards', async () => {
  await using vm = await serveQemu({ ...guest, network: 'none', display: 'none' });
  expect(Object.keys(vm)).not.toEqual(expect.arrayContaining(['ssh']));
  expect(Object.keys(vm)).not.toEqual(expect.arrayContaining(['display']));
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect(PROMPT, BOOT);
  expect((await tty.run('ls /sys/class/net')).stdout).toBe('lo\n');
});
