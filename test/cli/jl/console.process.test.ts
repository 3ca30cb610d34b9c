import { sessionOf } from 'jumplead';
import { fakeConsole, fakeMachine } from 'jumplead/fake';
import { expect, test } from 'vitest';
import { group } from '../../../src/driver/index.ts';
import { serveTestMachine } from '../../drivers/qemu/served-machine.ts';
import { fakeQemu, realQemu } from '../../drivers/qemu/test-machine.ts';
import { KEYS } from '../../fixtures/boot-sector.ts';
import { jlOnTerminal, serveDevice } from './jl.ts';

const LEAVE = '\x02\x02\x02';

test('a console on a terminal: what was said before, what is said, what is typed, and the way out', async () => {
  const console = fakeConsole({ greeting: 'vm login: ', answer: (line) => `you said ${line}\r\n# ` });
  await using served = await serveDevice(group({ console }));
  await using jl = await served.onTerminal(['console']);
  await jl.tty.expect('Ctrl-B three times leaves');
  await jl.tty.expect('stty rows 30 cols 100');
  await jl.tty.expect('vm login: ');
  await jl.tty.write('root\r');
  await jl.tty.expect('root\r\nyou said root\r\n# ');
  console.device.print('[ 12.3] a message of the kernel\r\n');
  await jl.tty.expect('a message of the kernel');
  // Ctrl-C is for the device, and so are fewer than three Ctrl-B.
  await jl.tty.write('\x03\x02a');
  await jl.tty.expect('\x03\x02a');
  await jl.tty.write('\x02\x02');
  await jl.tty.expect('Ctrl-B once more leaves');
  await jl.tty.write('\x02');
  expect(await jl.exited).toBe(0);
  expect(console.device.typed).toBe('root\r\x03\x02a\x02\x02');
  expect(console.device.writer).toBeUndefined();
});

test('old questions to the terminal are not asked again, new ones are', async () => {
  const console = fakeConsole({ greeting: 'old \x1b[6n\x1b[c\x1b[31mred\x1b[0m \x1b]11;?\x07\x1b[' });
  await using served = await serveDevice(group({ console }));
  await using jl = await served.onTerminal(['console']);
  const { before } = await jl.tty.expect('\x1b[31mred\x1b[0m ');
  expect(before).toMatch(/old $/);
  console.device.print('5nnew \x1b[6n?');
  const live = await jl.tty.expect('?');
  expect(live.before).toBe('new \x1b[6n');
  await jl.tty.write(LEAVE);
  expect(await jl.exited).toBe(0);
});

test('two look, one types; the other can take over', async () => {
  const console = fakeConsole({ greeting: 'login: ' });
  await using served = await serveDevice(group({ console }));
  await using first = await served.onTerminal(['console']);
  await using second = await served.onTerminal(['console']);
  await Promise.all([first.tty.expect('login: '), second.tty.expect('login: ')]);
  await first.tty.write('abc');
  await Promise.all([first.tty.expect('abc'), second.tty.expect('abc')]);
  await second.tty.write('x');
  await second.tty.expect(/is typing here since \d{4}-.*; Ctrl-T takes over/);
  await second.tty.write('y');
  await second.tty.expect('\x07');
  // Reading goes on, without a gap and without a repetition.
  await first.tty.write('def');
  const { before } = await second.tty.expect('def');
  expect(before).toBe('');
  await second.tty.write('\x14');
  await second.tty.write('ghi');
  await second.tty.expect('ghi');
  await first.tty.expect('ghi');
  await first.tty.write('z');
  await first.tty.expect('Ctrl-T takes over');
  expect(console.device.typed).toBe('abcdefghi');
  await first.tty.write(LEAVE);
  await second.tty.write(LEAVE);
  expect(await Promise.all([first.exited, second.exited])).toEqual([0, 0]);
});

test('only looking', async () => {
  const console = fakeConsole({ greeting: 'login: ' });
  await using served = await serveDevice(group({ console }));
  await using jl = await served.onTerminal(['console', '--read-only', '--from', 'now']);
  await jl.tty.expect('read-only');
  await jl.tty.write('abc');
  console.device.print('hello');
  const { before } = await jl.tty.expect('hello');
  expect(before).not.toContain('login: ');
  await jl.tty.write(LEAVE);
  expect(await jl.exited).toBe(0);
  expect(console.device.typed).toBe('');
});

test('what a full-screen program has switched on is switched off', async () => {
  const console = fakeConsole({ greeting: '\x1b[?1049h\x1b[?1000;1006h\x1b[?2004h\x1b[?2004leditor' });
  await using served = await serveDevice(group({ console }));
  await using jl = await served.onTerminal(['console']);
  await jl.tty.expect('editor');
  await jl.tty.write(LEAVE);
  await jl.tty.expect('\x1b[?1049l\x1b[?1000l\x1b[?1006l\x1b[0m\x1b[?25h');
  expect(await jl.exited).toBe(0);
});

test('an exporter that goes away ends it, and the terminal is given back', async () => {
  const served = await serveDevice(group({ console: fakeConsole({ greeting: 'login: ' }) }));
  await using jl = await served.onTerminal(['console']);
  await jl.tty.expect('login: ');
  await served[Symbol.asyncDispose]();
  await jl.tty.expect('fault: this host or its surroundings');
  expect(await jl.exited).toBe(3);
});

test('a console is for terminals', async () => {
  await using served = await serveDevice(fakeMachine());
  const { exitCode, stderr, stdout } = await served.jl(['console']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain('stdin is no terminal; for programs there is the command `pipe`');
});

test.each([fakeQemu(), realQemu])(
  'it goes on through resets, panics and power cycles, with nothing missing: $name',
  async (program) => {
    await using served = await serveTestMachine(program);
    const { power } = served.vm;
    await using jl = await jlOnTerminal(sessionOf(served.vm).target, ['console']);
    await jl.tty.expect('Ctrl-B three times leaves');
    // Opened while the machine is off: it waits for what comes.
    await power.on();
    await jl.tty.expect('ready');
    await jl.tty.write(KEYS.reset);
    await jl.tty.expect('ready');
    await jl.tty.write(KEYS.panic);
    await jl.tty.expect('panic');
    await power.reset();
    await jl.tty.expect('ready');
    await power.off();
    await jl.tty.expect('the power is off; what comes after the next power-on is shown here');
    await power.on();
    await jl.tty.expect('ready');
    await jl.tty.write('x');
    await jl.tty.expect('x');
    await jl.tty.write(LEAVE);
    expect(await jl.exited).toBe(0);
  },
);
