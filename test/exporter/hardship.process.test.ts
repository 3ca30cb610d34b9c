import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

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

test('a program that closes what it has served and opened ends by itself', async () => {
  await using program = start('serve-and-leave.ts');
  expect(await text(program.child.stdout)).toBe('all closed\n');
  expect(await program.exited).toEqual([0, null]);
});
