import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeFlasher, fakeMachine, fakePower, fakeStorageMux } from 'jumplead/fake';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { DeviceError } from '../../../src/core/index.ts';
import { group } from '../../../src/driver/index.ts';
import { runJl, type ServedDevice, serveDevice } from './jl.ts';

const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-jl-'));
const file = (name: string) => join(folder.path, name);

const power = fakePower({ readings: [{ voltage: 5, current: 0.5 }] });
const stuck = new DeviceError('the relay is stuck', { event: 'stuck', tail: '' });
const broken = fakePower({ fail: { on: stuck } });
const flasher = fakeFlasher();
const mux = fakeStorageMux();
const machine = fakeMachine({ forwards: { web: { guestPort: 80 } } });

let served: ServedDevice;
beforeAll(async () => {
  served = await serveDevice(group({ power, broken, flasher, mux, machine }));
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await folder.remove();
});

const jl = (...args: string[]) => served.jl(args);
/** What a command prints to stdout; it must succeed. */
const printed = async (...args: string[]) => {
  const { stdout, stderr, exitCode } = await jl(...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
};

describe('without a device', () => {
  test('--help says what there would be', async () => {
    const { stdout, stderr, exitCode } = await runJl(['--help']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toContain('jl ssh -- uname -r');
    expect((await runJl([])).stdout).toBe(stdout);
  });

  test('anything else is a mistake, which is explained', async () => {
    const { stderr, exitCode } = await runJl(['power', 'on']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no device: neither is $JUMPSTARTER_HOST set nor --host given');
    expect((await runJl(['--version'])).stdout).toBe(manifest.version);
  });

  test('a device that is not there is the fault of the host', async () => {
    const { stderr, exitCode } = await runJl(['--host', file('nobody'), 'power', 'on']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('fault: this host or its surroundings');
  });
});

describe('the tree', () => {
  test('--help lists the nodes, and below a node what it can do', async () => {
    const root = await printed('--help');
    for (const node of ['power', 'flasher', 'mux', 'machine']) expect(root).toContain(`\n  ${node} `);
    expect(await printed('--host', served.socket, 'help')).toBe(root);
    const below = await printed('machine', '--help');
    for (const node of ['console', 'vnc|screen', 'ssh', 'web', 'resize', 'describe'])
      expect(below).toContain(`\n  ${node} `);
    expect(await printed('machine', 'power', '--help')).toMatch(
      /\n {2}reset +Reset the machine as its button does\n/,
    );
  });

  test('a misspelt node or command is answered with the nearest', async () => {
    const [node, command, option] = await Promise.all([
      jl('pwer'),
      jl('power', 'onn'),
      jl('power', 'read', '--cuont'),
    ]);
    expect(node).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('(Did you mean power?)') });
    expect(command).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('(Did you mean on?)') });
    expect(option).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('(Did you mean --count?)') });
  });

  test('a node without a default says what it can do', async () => {
    expect(await jl('flasher')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('dump') });
  });
});

describe('power', () => {
  test('as in Python', async () => {
    expect(await printed('power', 'on')).toBe('');
    expect(power.device.isOn).toBe(true);
    expect(await printed('power', 'cycle', '--wait', '0')).toBe('Power cycling with 0 seconds wait time...');
    expect(await printed('power', 'read')).toBe('voltage=5.0 V  current=0.5 A  apparent_power=2.5 VA');
    expect(await printed('power', 'off')).toBe('');
    expect(power.device.isOn).toBe(false);
  });

  test('of a machine', async () => {
    expect(await printed('machine', 'power')).toBe('off');
    await printed('machine', 'power', 'on');
    expect(await printed('machine', 'power', 'state', '-o', 'yaml')).toBe('state: running');
    await printed('machine', 'power', 'pause');
    expect(JSON.parse(await printed('machine', 'power', 'state', '-o', 'json'))).toEqual({ state: 'paused' });
    await printed('machine', 'power', 'resume');
    await printed('machine', 'power', 'reset');
    expect(await printed('machine', 'power', 'off', '-o', 'name')).toBe('graceful');
    expect((await jl('machine', 'power', 'off')).stderr).toBe('it was off already');
  });

  test("a device that fails is its own fault, a value that is none the caller's", async () => {
    const [failed, mistaken] = await Promise.all([jl('broken', 'on'), jl('power', 'read', '-n', 'many')]);
    expect(failed).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('the relay is stuck\nfault: the device'),
    });
    expect(mistaken).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('expected a whole number'),
    });
  });
});

describe('images', () => {
  test('go to the device and come back', async () => {
    await writeFile(file('image'), 'an image');
    expect(await jl('flasher', 'flash', file('image'))).toMatchObject({ exitCode: 0, stdout: '' });
    await jl('flasher', 'dump', file('copy'));
    expect(await readFile(file('copy'), 'utf8')).toBe('an image');
    await writeFile(file('other'), 'another');
    await jl('machine', 'flasher', 'flash', '-t', `root:${file('image')}`, '-t', `bios:${file('other')}`);
    await jl('machine', 'flasher', 'dump', file('bios'), '--target', 'bios');
    expect(await readFile(file('bios'), 'utf8')).toBe('another');
  });

  test('an image that is not what it must be is refused', async () => {
    const refused = await jl('flasher', 'flash', file('image'), '--sha256', '0'.repeat(64));
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('fault: the way it was called'),
    });
    expect(await jl('flasher', 'flash')).toMatchObject({ exitCode: 2 });
    expect(await jl('flasher', 'flash', '-t', 'root')).toMatchObject({ exitCode: 2 });
  });

  test('a storage between host and device', async () => {
    await printed('mux', 'host');
    expect(await jl('mux', 'write-local-file', file('image'))).toMatchObject({ exitCode: 0 });
    await printed('mux', 'read-local-file', file('from-mux'));
    expect(await readFile(file('from-mux'), 'utf8')).toBe('an image');
    await printed('mux', 'dut');
    await printed('mux', 'off');
  });
});

describe('a machine', () => {
  test('its size, its guest, and what was chosen for it', async () => {
    expect(await printed('machine', 'resize', 'disk', '20G')).toBe(
      'Disk will be resized to 20G on next power on',
    );
    expect(await printed('machine', 'resize', 'memory', '2G')).toBe(
      'Memory will be set to 2G on next power on',
    );
    expect(machine.device.memory).toBe(2 * 2 ** 30);
    expect(await jl('machine', 'resize', 'memory', 'much')).toMatchObject({ exitCode: 2 });
    expect(JSON.parse(await printed('machine', 'credentials', '-o', 'json'))).toMatchObject({
      username: 'user',
    });
    expect(await printed('machine', 'describe')).toContain('memory: 2147483648');
  });

  test('a picture of its screen', async () => {
    expect(await printed('machine', 'screen', 'screenshot', file('screen.png'))).toBe(file('screen.png'));
    expect((await readFile(file('screen.png'))).subarray(1, 4).toString()).toBe('PNG');
  });
});
