import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect } from 'jumplead';
import { TcpNetwork } from 'jumplead/interfaces';
import { expect, test } from 'vitest';
import { linesOf } from '../support/lines.ts';

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;

/** A program of ours that is killed with the test. */
function start(name: string) {
  const child = spawn(process.execPath, [fixture(name)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { child, exited, [Symbol.asyncDispose]: kill };
}

/** The most memory that a process has ever had, in MiB. */
async function peakMemory(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

test('a program that closes what it has served and opened ends by itself', async () => {
  await using program = start('serve-and-leave.ts');
  expect(await text(program.child.stdout)).toBe('all closed\n');
  expect(await program.exited).toEqual([0, null]);
});

test('memory is bounded, whatever clients do not read and however many come', async () => {
  await using program = start('flood-exporter.ts');
  await using stack = new AsyncDisposableStack();
  const { value: socket = '' } = await linesOf(program.child.stdout).next();
  const rig = { interface: TcpNetwork, children: {} };
  const greedy = stack.use(await connect(socket, rig));
  const asking = stack.use(await connect(socket, rig));
  for (let count = 0; count < 1_000; count++) {
    const idle = connectSocket(socket).on('error', () => undefined);
    stack.defer(() => void idle.destroy());
    await once(idle, 'connect');
  }
  for (let count = 0; count < 100; count++) stack.use(await greedy.connect());
  // Each answer takes a turn of the exporter's event loop, in which a stream that may produce does so.
  for (let count = 0; count < 1_000; count++) await asking.address();
  expect(Number(await asking.address())).toBeLessThan(200 * 2 ** 20);
  expect(await peakMemory(program.child.pid)).toBeLessThan(400);
});
