/** What goes wrong on the host: a QEMU that does not start, no room for a machine, and an exporter that is killed. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { connect } from 'jumplead';
import { qemuRig } from 'jumplead/qemu';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BIOS } from '../support/bios-machine.ts';
import { findProcesses } from '../support/processes.ts';
import { openHome, serveQemu } from '../support/tiny-machine.ts';

const stack = new AsyncDisposableStack();
let home: string;
beforeAll(async () => {
  home = stack.use(await openHome()).path;
});
afterAll(() => stack.disposeAsync());

test('a QEMU that refuses its command line is quoted, with that', async () => {
  await using vm = await serveQemu({ ...BIOS, extraArgs: ['-device', 'flux-capacitor'] });
  const error = await vm.power.on().catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'launch',
    fault: 'lab',
    exitCode: 1,
    stderr: expect.stringContaining("'flux-capacitor' is not a valid device model name"),
    command: expect.stringMatching(/qemu-system-x86_64 .* -device flux-capacitor/),
  });
  expect(String(error)).toContain("'flux-capacitor' is not a valid device model name");
  expect(await vm.power.state()).toBe('off');
});

test('a machine that does not fit into memory is not started', async () => {
  await using vm = await serveQemu({ ...BIOS, memory: '1000GiB' });
  const error = await vm.power.on().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'capacity', fault: 'lab', needed: 1000 * 2 ** 30 });
  expect(error).toHaveProperty('free', expect.any(Number));
  await vm.setMemorySize('64MiB');
  await vm.power.on();
  expect(await vm.power.state()).toBe('running');
});

test('nothing outlives an exporter that is killed, and the next one sweeps what it left', async () => {
  const first = await startServer();
  const [runs, runtime] = [join(home, 'state/jumplead/runs'), process.env['XDG_RUNTIME_DIR'] ?? ''];
  // Whoever watches the screen learns when QEMU has ended, however it does.
  const screen = connectSocket(first.screen);
  await once(screen.resume(), 'connect');
  // It may end with an error, where QEMU has not yet taken notice of it.
  const ended = new Promise((resolve) => screen.on('error', resolve).on('close', resolve));
  first.process.kill('SIGKILL');
  await ended;
  expect(await findProcesses(first.uuid)).toEqual([]);
  await expect(connect(first.target, qemuRig)).rejects.toMatchObject({ code: 'unreachable' });
  expect(await foldersIn(runs)).toHaveLength(1);

  const second = await startServer();
  expect(await foldersIn(runs)).toHaveLength(1);
  const folders = (await foldersIn(runtime)).map((name) => join(runtime, name)).toSorted();
  expect(folders).toEqual([dirname(second.screen), dirname(second.target)].toSorted());
});

/** Beside each folder lies its lock. */
const foldersIn = async (path: string) => (await readdir(path)).filter((name) => !name.endsWith('.lock'));

const SERVER = join(import.meta.dirname, '../support/machine-server.ts');

/** An exporter in a process of its own, whose machine is on. */
async function startServer() {
  const server = execa(process.execPath, [SERVER, JSON.stringify(BIOS)], { reject: false, stdin: 'pipe' });
  stack.defer(async () => {
    server.kill('SIGKILL');
    await server;
  });
  const [line] = await once(server.stdout, 'data');
  const { target, command }: { target: string; command: string[] } = JSON.parse(String(line));
  const after = (option: string) => command[command.indexOf(option) + 1] ?? '';
  return { process: server, target, uuid: after('-uuid'), screen: after('-vnc').replace('unix:', '') };
}
