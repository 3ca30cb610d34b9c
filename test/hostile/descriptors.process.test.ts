/** A process that may open no more files: who listens cannot take a connection then, and ends nothing for it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { linesOf } from '../support/lines.ts';

const FIXTURE = new URL('../fixtures/every-listener.ts', import.meta.url).pathname;

test('whatever listens goes on when it could not take a connection', async () => {
  const child = spawn(process.execPath, [FIXTURE], { stdio: 'pipe' });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const exited = once(child, 'exit');
  const lines = linesOf(child.stdout);
  const places: Record<string, object> = JSON.parse((await lines.next()).value ?? '');
  const limit = (files: number) => execFileSync('prlimit', [`--pid=${child.pid}`, `--nofile=${files}:`]);
  /** Resolves when it has seen all that came before. */
  const ask = async () => {
    for (const line of ['once', 'more']) {
      child.stdin.write(`${line}\n`);
      expect((await lines.next()).value, stderr).toBe(line);
    }
  };
  for (const place of Object.values(places)) {
    // Not even the descriptor that Node keeps in reserve for this will do.
    limit(4);
    const socket = await open(place);
    await ask();
    limit(1_024);
    (await open(place)).destroy();
    socket.destroy();
    await ask();
  }
  child.stdin.end();
  expect(await exited).toEqual([0, null]);
  expect(stderr).toBe('');
});

async function open(place: object): Promise<Socket> {
  const socket = connect(place as { path: string }).on('error', () => undefined); // SAFE: an address
  await once(socket, 'connect');
  return socket;
}
