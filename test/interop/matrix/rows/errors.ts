import { expect } from 'vitest';
import { group } from '../../../../src/driver/index.ts';
import { fakePower } from '../../../../src/drivers/fake/index.ts';
import { Composite } from '../../../../src/interfaces/index.ts';
import { closedPort } from '../../closed-port.ts';
import { troubles } from '../../troubles.ts';
import { type CommandRun, dash, defineRow, NO_COMMANDS, type TypescriptRun } from '../row.ts';

interface Facts {
  readonly port: number;
}

/** What each call of our troubles ends with. */
const OURS = {
  allocate: { code: 'capacity', fault: 'lab' },
  launch: { code: 'launch', fault: 'lab' },
  occupy: { code: 'busy', fault: 'lab' },
  wait: { code: 'deadline', fault: 'device' },
  expect: { code: 'expect', fault: 'device' },
  misunderstand: { code: 'protocol', fault: 'bug' },
  reach: { code: 'unreachable', fault: 'lab' },
  crash: { code: 'internal', fault: 'bug' },
  fly: { code: 'unsupported', fault: 'caller' },
} as const;

const python = (port: number) =>
  [
    [
      'parse',
      ['x'],
      { code: 'config', fault: 'caller', message: /invalid literal for int\(\) with base 10: 'x'/ },
    ],
    ['wait', [], { code: 'deadline', fault: 'device', message: /\(no details\)/ }],
    ['refuse', [], { code: 'unsupported', fault: 'caller', message: /this board cannot do that/ }],
    ['open', ['/no/such/file'], { code: 'device', fault: 'device', message: /No such file or directory/ }],
    ['reach', [port], { code: 'device', fault: 'device', message: /Connect call failed/ }],
    ['crash', [], { code: 'device', fault: 'device', message: /list index out of range/ }],
    ['fly', [], { code: 'unsupported', fault: 'caller', message: /method fly not found on driver/ }],
  ] as const;

async function toOurs({ raw }: TypescriptRun<typeof Composite, Facts>) {
  const node = raw.children.get('troubles');
  for (const [method, error] of Object.entries(OURS)) {
    await expect(node?.call(method), method).rejects.toMatchObject(error);
  }
  await expect(node?.call('wait', [1])).rejects.toMatchObject({ code: 'config' });
  await expect(raw.children.get('meter')?.call('on')).rejects.toMatchObject({ code: 'device' });
}

async function toPython({ raw, facts }: TypescriptRun<typeof Composite, Facts>) {
  const node = raw.children.get('troubles');
  for (const [method, args, { code, fault, message }] of python(facts.port)) {
    await expect(node?.call(method, args), method).rejects.toMatchObject({
      code,
      fault,
      operation: `errors.troubles.${method}`,
      message: expect.stringMatching(message),
    });
  }
  const items: unknown[] = [];
  const read = async () => {
    for await (const item of node?.stream('break_off') ?? []) items.push(item);
  };
  await expect(read()).rejects.toMatchObject({ code: 'deadline' });
  expect(items).toEqual([1]);
}

/** Calls that get into trouble: each class of error, as the other side sees it. */
export const errors = defineRow({
  name: 'errors',
  title: "a driver of one's own: errors",
  rig: Composite,
  open: async () => {
    const meter = fakePower();
    meter.device.unplug();
    return {
      python: { children: { troubles: { type: 'python.drivers.Troubles' } } },
      ours: group({ troubles: troubles(), meter }),
      facts: { port: await closedPort() },
    };
  },
  tsTs: toOurs,
  tsPy: toPython,
  pyTs: 'errors.py',
  jTs: async ({ run }: CommandRun<Facts>) => {
    const { exitCode, stderr } = await run('errors meter on');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('fake-power: the device is gone');
  },
  jlPy: dash(NO_COMMANDS),
});
