/**
 * A real QEMU with a guest that starts within seconds: what a machine does in its details. The tests of a group run in
 * order, on the same machine; each looks at what the one before has left.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, sessionOf, type Tty } from 'jumplead';
import { qemuRig } from 'jumplead/qemu';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EventLog, listenTo } from '../support/machine-events.ts';
import { findProcesses } from '../support/processes.ts';
import { BOOT, openHome, PROMPT, serveQemu, tinyGuest } from '../support/tiny-machine.ts';

const MIB = 2 ** 20;
/** Longer than any test may take: what ends before it has not been ended by it. */
const NEVER = { timeout: '10h' } as const;

const stack = new AsyncDisposableStack();
let guest: Awaited<ReturnType<typeof tinyGuest<'x86_64'>>>;
let home: string;

beforeAll(async () => {
  guest = await tinyGuest('x86_64');
  home = stack.use(await openHome()).path;
});
afterAll(() => stack.disposeAsync());

/** What `promise` rejects with. */
const failure = (promise: Promise<unknown>) =>
  promise.then(
    (value) => Promise.reject(new Error(`it succeeded with ${JSON.stringify(value)}`)),
    (error: unknown) => error,
  );

/** A web server of this host, on its loopback, which guests know as 10.0.2.2. */
async function openHostServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((_, response) => response.end('from the host\n'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // SAFE: it listens on a TCP port
  return {
    url: `http://10.0.2.2:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Fetches a page from within the guest, which has its address when this has been run. */
const wget = (url: string) => `udhcpc -n -q -i eth0 >/dev/null 2>&1; wget -q -T 5 -O - ${url}`;

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

  test('loses nothing of the console while the process that records it stands still', async () => {
    await tty.run('dmesg -n 8');
    const line = (index: number) => `message ${index} of the kernel, which waits for nobody for long`;
    await tty.sendLine(`for i in $(seq 1000 1199); do echo "${line(0).replace('0', '$i')}" >/dev/kmsg; done`);
    await tty.expect(line(1000));
    // The whole process, so that nobody in it can read.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    const { before } = await tty.expect(`${line(1199)}\r\n`);
    await tty.run('dmesg -n 4');
    const whole = Array.from({ length: 198 }, (_, index) => line(1001 + index));
    expect(whole.filter((text) => !before.includes(`${text}\r\n`))).toEqual([]);
  });

  test('tells the output and the exit code of a command', async () => {
    expect(await tty.run("printf 'one\\ntwo\\n'")).toEqual({ stdout: 'one\ntwo\n', exitCode: 0 });
    expect(await tty.run('exit 3', { reject: false }).catch(() => undefined)).not.toBe(undefined);
  });
});
