import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { exitCodeOf, Interruption } from '../../src/cli/exit-code.ts';
import { describeFailure } from '../../src/cli/report-error.ts';
import { BusyError, ConfigError, DeviceError, ProtocolError } from '../../src/core/index.ts';

test.each([
  [new DeviceError('panicked', { event: 'panic', tail: '' }), 1],
  [new ConfigError('wrong', { issues: [] }), 2],
  [new BusyError('in use', { holder: 'somebody', since: '' }), 3],
  [new ProtocolError('what?', { peer: 'qemu' }), 70],
  [new TypeError('undefined is not a function'), 70],
  [new Interruption('SIGINT'), 130],
])('%s ends with exit code %d', (error, code) => expect(exitCodeOf(error)).toBe(code));

test('a failure of the device says whose fault it is and shows no stack', () => {
  const error = new DeviceError('power.on: the guest panicked\nlast console lines:\n  Kernel panic', {
    event: 'panic',
    tail: '',
  });
  expect(describeFailure(error)).toMatchInlineSnapshot(`
    "power.on: the guest panicked
    last console lines:
      Kernel panic
    fault: the device"
  `);
});

test('a bug of ours shows its stack', () => {
  expect(describeFailure(new TypeError('oops'))).toContain('errors.unit.test.ts');
});

test('a folder that cannot be had is no bug of ours, and the variable that moves it is named', () => {
  vi.stubEnv('JUMPLEAD_CACHE', import.meta.filename);
  // That of the cache lies in it, and is meant.
  vi.stubEnv('XDG_RUNTIME_DIR', dirname(import.meta.filename));
  const path = join(import.meta.filename, 'images');
  let error: unknown;
  try {
    mkdirSync(path, { recursive: true });
  } catch (caught) {
    error = caught;
  } finally {
    expect(describeFailure(error).split('\n')).toEqual([
      `${path}: there is a file where a folder must be (mkdir: ENOTDIR)`,
      `JUMPLEAD_CACHE is ${import.meta.filename}: it must be a folder for what is kept that this user may make and write to`,
      'fault: this host or its surroundings',
    ]);
    expect(exitCodeOf(error)).toBe(3);
    vi.unstubAllEnvs();
  }
});
