/** Snapshots, forks and the guest's agent from the command line, on the fake of a machine. */
import { fakeMachine } from 'jumplead/fake';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedDevice, serveDevice } from './jl.ts';

const commands = { 'uname -r': { stdout: '6.1.0-fake\n' }, fail: { stderr: 'no luck\n', exitCode: 7 } };
const machine = fakeMachine({ ssh: { commands } });

let served: ServedDevice;
beforeAll(async () => {
  served = await serveDevice(machine);
});
afterAll(() => served[Symbol.asyncDispose]());

const jl = (...args: string[]) => served.jl(args);

test('a machine is saved, and what was saved is listed, restored and forgotten', async () => {
  expect((await jl('power', 'on')).exitCode).toBe(0);
  expect((await jl('snapshot', 'ls')).stdout).toBe('nothing was saved');
  expect((await jl('snapshot', 'save', 'ready')).stdout).toContain(
    'ready was saved; the machine stood still for',
  );
  expect((await jl('snapshot', 'ls', '-o', 'name')).stdout).toBe('ready');
  expect(JSON.parse((await jl('snapshot', 'ls', '-o', 'json')).stdout)).toMatchObject([{ name: 'ready' }]);
  expect((await jl('snapshot', 'restore', 'ready')).exitCode).toBe(0);
  expect((await jl('snapshot', 'rm', 'ready')).exitCode).toBe(0);
  const { stderr, exitCode } = await jl('snapshot', 'rm', 'ready');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('there is no snapshot');
});

test('QEMUs are started ahead when that is asked for, and no more than there may be', async () => {
  await jl('power', 'on');
  expect((await jl('snapshot', 'save', 'quick', '--ahead', '2')).exitCode).toBe(0);
  const [saved] = JSON.parse((await jl('snapshot', 'ls', '-o', 'json')).stdout);
  expect(saved).toMatchObject({ name: 'quick', ahead: 2 });
  expect((await jl('snapshot', 'rm', 'quick')).exitCode).toBe(0);
  for (const wrong of ['17', 'two']) {
    const { stderr, exitCode } = await jl('snapshot', 'save', 'quick', '--ahead', wrong);
    expect({ stderr, exitCode }).toEqual({ exitCode: 2, stderr: expect.stringContaining('ahead') });
    expect(stderr).toContain(wrong);
  }
});

test('a command has a fork of its own, and its exit code is passed on', async () => {
  await jl('power', 'on');
  await jl('snapshot', 'save', 'base');
  const inside = 'jl ssh -- uname -r; jl power off --help >/dev/null; jl power state; exit 5';
  const { stdout, stderr, exitCode } = await jl('fork', 'base', '--', 'sh', '-c', inside);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 5 });
  expect(stdout.split('\n')).toEqual(['6.1.0-fake', 'running']);
  expect((await jl('fork', '--renew', 'base', '--', 'jl', 'power', 'state')).stdout).toBe('running');
  expect((await jl('snapshot', 'rm', 'base')).exitCode).toBe(0);
});

test('the machine as it is now is forked too; a fork of nothing, and nothing to run, are mistakes', async () => {
  await jl('power', 'on');
  const { stdout } = await jl('fork', '--live', '--', 'jl', 'power', 'state');
  expect(stdout).toBe('running');
  const late = await jl('fork', 'nothing', '--renew', '--', 'true');
  expect(late).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('jl fork --renew SNAPSHOT -- COMMAND'),
  });
  expect((await jl('fork', 'nothing', '--', 'true')).stderr).toContain('there is no snapshot nothing');
  const { stderr, exitCode } = await jl('fork', 'base');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('jl fork SNAPSHOT -- COMMAND');
});

test('the agent runs commands, with their input and exit code, and sets the clock', async () => {
  expect(await jl('agent', 'exec', '--', 'uname', '-r')).toMatchObject({ stdout: '6.1.0-fake', exitCode: 0 });
  const heard = await served.jl(['agent', 'exec', '--stdin', '--', 'cat'], { input: 'heard' });
  expect(heard).toMatchObject({ stdout: 'heard', exitCode: 0 });
  expect(await jl('agent', 'exec', '--', 'fail')).toMatchObject({ stderr: 'no luck', exitCode: 7 });
  expect((await jl('agent', 'ready')).exitCode).toBe(0);
  expect((await jl('agent', 'set-time', '2031-05-06T07:08:09Z')).exitCode).toBe(0);
  expect(machine.device.time).toEqual(new Date('2031-05-06T07:08:09Z'));
  expect((await jl('agent', 'set-time', 'noon')).exitCode).toBe(2);
});
