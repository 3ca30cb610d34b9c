import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { agent as agentAnswers } from '../../../src/client/wait/index.ts';
import { reseedGuest } from '../../../src/drivers/qemu/agent/reseed.ts';
import { KEYS } from '../../fixtures/boot-sector.ts';
import type { Manners } from '../../fixtures/fake-agent.ts';
import { serveTestMachine } from './served-machine.ts';
import { caller, fakeQemu, openTestMachine, readUntil, type } from './test-machine.ts';

/** A machine that is on, whose guest has an agent with such manners. */
async function openGuest(...manners: (Manners | 'plain')[]) {
  await using stack = new AsyncDisposableStack();
  const { vm, it } = stack.use(
    await serveTestMachine(fakeQemu(...manners.flatMap((manner) => ['--agent', manner]))),
  );
  await vm.power.on();
  const console = it.open('boot');
  await readUntil(console, 'ready\r\n');
  const held = stack.move();
  return { vm, it, agent: vm.agent, console, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

test('a command is run as it is given, or by the shell, and its output and end are known', async () => {
  await using guest = await openGuest('plain');
  const { agent } = guest;
  expect(await agent.exec(['printf', '%s|', 'a b', "it's", ''])).toEqual({
    stdout: "a b|it's||",
    stderr: '',
    exitCode: 0,
    signal: null,
  });
  expect(await agent.exec('echo out; echo err >&2; exit 3', { reject: false })).toEqual({
    stdout: 'out\n',
    stderr: 'err\n',
    exitCode: 3,
    signal: null,
  });
  expect(await agent.exec('kill -KILL $$', { reject: false })).toMatchObject({
    exitCode: null,
    signal: 'SIGKILL',
  });
});

test('a command gets input and variables beside those of the agent', async () => {
  await using guest = await openGuest('plain');
  const input = 'ünï\0code\n'.repeat(20_000);
  const { stdout } = await guest.agent.exec('test -n "$PATH" && printf "$GREETING:path:"; cat', {
    stdin: input,
    env: { GREETING: 'a b; c' },
  });
  expect(stdout).toBe(`a b; c:path:${input}`);
  await expect(guest.agent.exec(['true'], { env: { 'A=B': '' } })).rejects.toMatchObject({ code: 'config' });
  await expect(guest.agent.exec(['cat'], { stdin: new Uint8Array(3 * 2 ** 20) })).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('2097152 bytes at most'),
  });
});

test('a command that fails is a CommandError that quotes it', async () => {
  await using guest = await openGuest('plain');
  const failing = guest.agent.exec('echo no such luck >&2; exit 7');
  await expect(failing).rejects.toMatchObject({ code: 'command', exitCode: 7, stderr: 'no such luck\n' });
  await expect(failing).rejects.toThrowErrorMatchingInlineSnapshot(`
    [CommandError: agent.exec: "echo no such luck >&2; exit 7" exited with 7
    no such luck]
  `);
});

test('commands of several callers at a time are kept apart', async () => {
  await using guest = await openGuest('split');
  const numbers = Array.from({ length: 8 }, (_, index) => index);
  const outputs = await Promise.all(numbers.map((number) => guest.agent.exec(['echo', `${number}`])));
  expect(outputs.map(({ stdout }) => stdout)).toEqual(numbers.map((number) => `${number}\n`));
});

describe('a guest', () => {
  test('without an agent is told so at once', async () => {
    await using guest = await openGuest('late');
    const asked = guest.agent.exec(['true']);
    await expect(asked).rejects.toMatchObject({ code: 'unsupported', capability: 'agent' });
    await expect(asked).rejects.toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: agent: no program in the guest has opened the port of the guest agent (org.qemu.guest_agent.0): it has no qemu-guest-agent, or that has not started yet]`,
    );
    await expect(guest.agent.setTime()).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('whose agent comes later is waited for', async () => {
    await using guest = await openGuest('late');
    const ready = guest.agent.ready({ timeout: '1h' });
    const waited = guest.vm.waitFor(agentAnswers(), { timeout: '1h' });
    await type(guest.console, 'a');
    await ready;
    await waited;
    expect((await guest.agent.exec(['echo', 'here'])).stdout).toBe('here\n');
  });

  test('whose agent is started anew loses what was going on, and answers again', async () => {
    await using guest = await openGuest('plain');
    await using endless = await endlessCommand();
    const running = guest.agent.exec(endless.command);
    running.catch(() => undefined);
    await endless.begun;
    await type(guest.console, 'z');
    await endless.ended;
    await expect(running).rejects.toMatchObject({ code: 'device', event: 'AGENT_GONE' });
    await type(guest.console, 'a');
    await guest.agent.ready({ timeout: '1h' });
    expect((await guest.agent.exec(['echo', 'again'])).stdout).toBe('again\n');
  });

  test('that resets has no agent until it has booted again', async () => {
    await using guest = await openGuest('plain');
    await guest.agent.ready();
    await guest.vm.power.reset();
    await readUntil(guest.console, 'ready\r\n');
    expect((await guest.agent.exec(['echo', 'anew'])).stdout).toBe('anew\n');
  });

  test('that is off has a StateError; one whose QEMU dies, the DeviceError that says how', async () => {
    await using guest = await openGuest('silent');
    const asked = guest.agent.exec(['true'], { timeout: '1h' });
    asked.catch(() => undefined);
    process.kill(guest.it.machine.session('test').pid, 'SIGKILL');
    await expect(asked).rejects.toMatchObject({ code: 'device', event: 'EXIT' });
    await using off = await openGuest('plain');
    await off.vm.power.off({ mode: 'forced' });
    await expect(off.agent.exec(['true'])).rejects.toMatchObject({ code: 'state', needed: 'on' });
  });

  test('that panics ends what its agent was asked', async () => {
    await using guest = await openGuest('silent');
    const asked = guest.agent.exec(['true'], { timeout: '1h' });
    asked.catch(() => undefined);
    await type(guest.console, KEYS.panic);
    await expect(asked).rejects.toMatchObject({ code: 'device', event: 'GUEST_PANICKED' });
  });
});

test('what lay in the port before, and half answers, are no answers', async () => {
  await using guest = await openGuest('leftovers', 'split');
  expect((await guest.agent.exec(['echo', 'fresh'])).stdout).toBe('fresh\n');
});

test('an agent that says nothing has its caller wait as long as he likes; the next one begins anew', async () => {
  await using guest = await openGuest('endless');
  await expect(guest.agent.exec(['true'], { timeout: 1 })).rejects.toMatchObject({
    code: 'deadline',
    waitingFor: expect.stringContaining('"true"'),
  });
  await guest.agent.ready({ timeout: '1h' });
});

test('a command whose caller has left is killed', async () => {
  await using guest = await openGuest('plain');
  const leave = new AbortController();
  await using endless = await endlessCommand();
  const running = guest.agent.exec(endless.command, { signal: leave.signal });
  running.catch(() => undefined);
  await endless.begun;
  leave.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await endless.ended;
});

test('an agent that may not run commands is one without that ability', async () => {
  await using guest = await openGuest('restricted');
  await guest.agent.ready();
  await expect(guest.agent.exec(['true'])).rejects.toMatchObject({
    code: 'unsupported',
    capability: 'agent guest-exec',
  });
});

test('a program that is not there, and an agent that babbles, are errors that quote it', async () => {
  await using guest = await openGuest('plain');
  await expect(guest.agent.exec(['/no/such/program'])).rejects.toMatchObject({
    code: 'device',
    message: expect.stringContaining('Failed to execute child process “/no/such/program”'),
  });
  await using other = await openGuest('babble');
  await expect(other.agent.exec(['true'])).rejects.toMatchObject({
    code: 'protocol',
    answer: 'qemu-ga: cannot allocate memory',
  });
});

test("the guest's clock is set, also where it has no hardware clock that could be written", async () => {
  for (const manners of ['plain', 'no-clock'] as const) {
    await using guest = await openGuest(manners);
    await guest.agent.setTime(new Date('2031-05-06T07:08:09Z'));
    await guest.agent.setTime();
  }
});

describe('new randomness', () => {
  /** The host plays the guest, with these programs alone: its kernel takes what it is given. */
  async function reseed(...programs: string[]): Promise<void> {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-agent-'));
    for (const name of programs) await symlink(`/usr/bin/${name}`, join(folder.path, name));
    await reseedIn(folder.path);
  }

  async function reseedIn(path: string): Promise<void> {
    await using it = await openTestMachine(fakeQemu('--agent', 'plain', '--agent-path', path));
    await it.machine.on(caller());
    await readUntil(it.open('boot'), 'ready\r\n');
    await reseedGuest(it.machine.session('test').agent, new AbortController().signal);
  }

  const interpreters = ['perl', 'python3'].filter((name) => existsSync(`/usr/bin/${name}`));
  test.runIf(process.getuid?.() === 0).for(interpreters)('comes by %s', async (interpreter) => {
    await reseed('sh', interpreter);
  });

  test('is refused where the guest has neither', async () => {
    await expect(reseed('sh')).rejects.toMatchObject({ code: 'unsupported', capability: 'reseed' });
  });

  test('that the kernel does not take is told', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-agent-'));
    const refusing = '#!/bin/sh\necho RNDRESEEDCRNG: Operation not permitted >&2\nexit 1\n';
    await writeFile(join(folder.path, 'perl'), refusing, { mode: 0o755 });
    await symlink('/bin/sh', join(folder.path, 'sh'));
    await expect(reseedIn(folder.path)).rejects.toThrow(
      'did not take new randomness: RNDRESEEDCRNG: Operation not permitted',
    );
  });
});

/** A command that goes on until it is killed; what it has open tells when it has begun, and when it is no more. */
async function endlessCommand() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-agent-'));
  const pipe = join(folder.path, 'pipe');
  await execa('mkfifo', [pipe]);
  const reader = createReadStream(pipe);
  return {
    command: `exec 3>${pipe}; echo begun >&3; exec sleep infinity`,
    begun: once(reader, 'data'),
    ended: once(reader, 'close'),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}
