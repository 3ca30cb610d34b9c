import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startVictim, type Victim } from './victim.ts';

/** Longer than it takes on the slowest of hosts. */
const TIMEOUT = 300_000;

/** A connection that never says anything, once it is there. */
async function silent(stack: AsyncDisposableStack, address: object): Promise<Socket> {
  const socket = connect(address as { path: string }).on('error', () => undefined); // SAFE: an address
  stack.defer(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const ways = ({ place: { socket, port, tlsPort, page } }: Victim) => ({
  'the Unix socket': { path: socket },
  TCP: { host: '127.0.0.1', port },
  'a TLS handshake that is never finished': { host: '127.0.0.1', port: tlsPort },
  'the page': { host: '127.0.0.1', port: Number(new URL(page).port) },
});

describe('connections that send nothing', () => {
  test('a thousand of them on every listener: whoever says something gets in all the same', {
    timeout: TIMEOUT,
  }, async () => {
    await using victim = await startVictim();
    await using stack = new AsyncDisposableStack();
    for (const address of Object.values(ways(victim))) {
      for (let count = 1; count <= 1_000; count++) {
        await silent(stack, address);
        if (count % 250 === 0) await victim.checkNewcomers();
      }
    }
    await victim.checkHonest();
    expect((await fetch((await victim.measure()).link)).status).toBe(200);
    expect((await victim.measure()).descriptors).toBeLessThan(600);
    expect(await victim.peak()).toBeLessThan(300);
    expect(victim.complaints()).toBe('');
  });

  test('the oldest of them make room', { timeout: TIMEOUT }, async () => {
    await using victim = await startVictim();
    await using stack = new AsyncDisposableStack();
    for (const address of Object.values(ways(victim))) {
      const first = await silent(stack, address);
      first.resume();
      const closed = once(first, 'close');
      for (let count = 0; count < 128; count++) await silent(stack, address);
      await closed;
    }
    await victim.checkNewcomers();
  });

  test('where few files may be open: nobody dies of it, and honest clients get in', {
    timeout: TIMEOUT,
  }, async () => {
    await using victim = await startVictim({ openFiles: 96 });
    const { descriptors: before } = await victim.measure();
    await using stack = new AsyncDisposableStack();
    for (const address of Object.values(ways(victim))) {
      for (let count = 0; count < 200; count++) await silent(stack, address);
      await victim.checkNewcomers();
    }
    await victim.checkHonest();
    await stack.disposeAsync();
    await victim.checkNewcomers();
    expect(victim.complaints()).toBe('');
    expect((await victim.measure()).descriptors).toBeLessThanOrEqual(before + 48);
  });

  test('where no file can be opened any more: it goes on once one can', { timeout: TIMEOUT }, async () => {
    await using victim = await startVictim({ openFiles: 96 });
    await using stack = new AsyncDisposableStack();
    const limit = (files: number) => execFileSync('prlimit', [`--pid=${victim.pid}`, `--nofile=${files}:96`]);
    const open = (await readdir(`/proc/${victim.pid}/fd`)).map(Number).filter((file) => file < 96);
    limit(Math.max(...open) + 1);
    // Fewer than may wait: one that is closed is closed because there was no descriptor for it.
    const sockets = await Promise.all(
      Array.from({ length: 10 }, () => silent(stack, { path: victim.place.socket })),
    );
    await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
    await victim.checkHonest();
    limit(96);
    await victim.checkNewcomers();
    expect(victim.complaints()).toBe('');
  });
});
