import { DeviceError, serve } from 'jumplead';
import { type CommandResult, fakeMachine } from 'jumplead/fake';
import { all, cloudInit, custom } from 'jumplead/wait';
import { expect, test } from 'vitest';

const HOUR = { timeout: '1h' } as const;

const END = { event: 'test', tail: '' };

type Play = CommandResult | (() => CommandResult);

const RUNNING = { stdout: '{"status": "running", "errors": [], "stage": "modules-config"}' };
const DONE = { stdout: '....\n{"status": "done", "errors": [], "detail": "DataSourceNoCloud"}' };
const DEGRADED = {
  stdout: JSON.stringify({
    status: 'done',
    extended_status: 'degraded done',
    errors: [],
    recoverable_errors: { WARNING: ['Failed at merging in cloud config part'] },
  }),
  exitCode: 2,
};
const ERROR = { stdout: '{"status": "error", "errors": ["(\'users\', KeyError)"]}', exitCode: 1 };

/** A machine that is on, whose cloud-init says this now, and that at its end. */
async function openMachine(now: Play, end: Play = now) {
  const command = 'cloud-init status --format=json';
  const commands = { [command]: now, [command.replace('status', 'status --wait')]: end };
  const machine = fakeMachine({ ssh: { commands } });
  const vm = await serve(machine);
  await vm.power.on();
  return { vm, ssh: machine.children.ssh.device };
}

test('is waited for to its end', async () => {
  const fake = await openMachine(RUNNING, DONE);
  await using vm = fake.vm;
  expect(await vm.waitFor(all(cloudInit()), HOUR)).toEqual([{ degraded: false, problems: [] }]);
  expect(fake.ssh.commands).toEqual([
    'cloud-init status --format=json',
    'cloud-init status --wait --format=json',
  ]);
});

test('that has not begun yet is asked again', async () => {
  const answers = ['not run', 'not started', 'done'];
  const fake = await openMachine(() => ({ stdout: JSON.stringify({ status: answers.shift() }) }));
  await using vm = fake.vm;
  await vm.waitFor(cloudInit(), HOUR);
  expect(answers).toEqual([]);
});

test('goes on in another login where one is lost', async () => {
  let losses = 0;
  const fake = await openMachine(RUNNING, () => {
    if (losses++ === 0) fake.ssh.server?.disconnect();
    return DONE;
  });
  await using vm = fake.vm;
  await vm.waitFor(cloudInit(), HOUR);
  expect(losses).toBe(2);
});

test('tells a degraded end, or fails by it', async () => {
  await using vm = (await openMachine(DEGRADED)).vm;
  const problems = ['Failed at merging in cloud config part'];
  expect(await vm.waitFor(cloudInit(), HOUR)).toEqual({ degraded: true, problems });
  await expect(vm.waitFor(cloudInit({ strict: true }), HOUR)).rejects.toThrow(
    /^waitFor: cloud-init: cloud-init ended with status degraded done\n.*Failed at merging/s,
  );
});

test('fails with its errors', async () => {
  await using vm = (await openMachine(RUNNING, ERROR)).vm;
  const error = await vm.waitFor(cloudInit(), HOUR).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'device', event: 'cloud-init', tail: "('users', KeyError)" });
  expect(String(error)).toContain('cloud-init ended with status error\n');
});

test.each<[string, CommandResult]>([
  ['is not installed', { stderr: 'sh: 1: cloud-init: not found', exitCode: 127 }],
  ['cannot tell its status as JSON', { stderr: 'unrecognized arguments: --format=json', exitCode: 2 }],
])('that %s is not waited for', async (why, answer) => {
  await using vm = (await openMachine(answer)).vm;
  const error = await vm.waitFor(cloudInit(), HOUR).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'unsupported' });
  expect(String(error)).toContain(why);
});

test('an error says its status', async () => {
  const askedAgain = Promise.withResolvers<void>();
  let asked = 0;
  const fake = await openMachine(RUNNING, () => {
    if (asked++ === 1) askedAgain.resolve();
    return RUNNING;
  });
  await using vm = fake.vm;
  const ended = custom('end', () =>
    askedAgain.promise.then(() => Promise.reject(new DeviceError('over', END))),
  );
  await expect(vm.waitFor(all(cloudInit(), ended), HOUR)).rejects.toThrow(
    'waiting: cloud-init: status running, stage modules-config',
  );
});
