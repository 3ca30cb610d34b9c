import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtempDisposable, open, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createLog, runTool } from '../../../src/core/index.ts';
import { renderCloudInit } from '../../../src/drivers/qemu/cloud-init.ts';
import { QemuConfig, type QemuConfigInput } from '../../../src/drivers/qemu/config.ts';
import { DESCRIPTORS } from '../../../src/drivers/qemu/descriptors.ts';
import { gatherHost, memoryPlaces } from '../../../src/drivers/qemu/host.ts';
import { planMachine } from '../../../src/drivers/qemu/plan/plan-machine.ts';
import type { MachinePlan, PlannedFile } from '../../../src/drivers/qemu/plan/types.ts';
import { writeSeed } from '../../../src/drivers/qemu/seed.ts';

/** Each plan is given to the real QEMU, which must accept it, wait at its start, and end when told to. */
const PLANS: Record<string, QemuConfigInput> = {
  'x86_64, UEFI': { arch: 'x86_64' },
  'x86_64, BIOS, isolated': { arch: 'x86_64', firmware: 'bios', network: 'isolated' },
  'x86_64, everything': {
    arch: 'x86_64',
    display: 'bochs',
    cdrom: 'data.iso',
    disks: [{ path: 'data.img', format: 'raw' }],
    forwards: { web: { guestPort: 80 } },
  },
  'x86_64, virtio display, no network': { arch: 'x86_64', display: 'virtio-gpu', network: 'none' },
  'aarch64, UEFI': { arch: 'aarch64', cpus: 4 },
  'aarch64, everything': {
    arch: 'aarch64',
    display: 'bochs',
    cdrom: 'data.iso',
    disks: [{ path: 'data.img', format: 'raw' }],
  },
};

test.for(Object.entries(PLANS))('QEMU accepts the plan: %s', async ([, input]) => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-plan-'));
  // QEMU must be able to reach what is in it, also as somebody else.
  await chmod(dir.path, 0o755);
  const plan = await planIn(dir.path, input);
  for (const file of plan.files) await make(file);
  await handOver(dir.path, plan);
  const { status, devices, errors } = await startAndQuit(plan, dir.path);
  expect(errors).toBe('');
  expect(status).toBe('prelaunch');
  const planned = plan.argv.flatMap((arg, index) =>
    plan.argv[index - 1] === '-device' ? (/,id=(\w+)/.exec(arg)?.[1] ?? []) : [],
  );
  expect(devices).toEqual(expect.arrayContaining(planned));
});

async function planIn(dir: string, input: QemuConfigInput): Promise<MachinePlan> {
  await writeFile(join(dir, 'data.img'), Buffer.alloc(2 ** 20));
  await writeFile(join(dir, 'data.iso'), Buffer.alloc(2 ** 20));
  await chmod(join(dir, 'data.img'), 0o666);
  const disks = input.disks?.map((disk) => ({ ...disk, path: join(dir, disk.path) }));
  const cdrom = input.cdrom && join(dir, input.cdrom);
  const config = QemuConfig.parse({
    ...input,
    diskSize: '64MiB',
    memory: '256MiB',
    accelerator: 'tcg',
    disks,
    cdrom,
  });
  const host = await gatherHost(config, { log: createLog(), cacheDir: dir });
  return planMachine(config, host, {
    runDir: dir,
    socketDir: dir,
    uuid: '6f1e0a5c-98d1-4c4e-a1b9-0d6d0f1c2b3a',
    mac: '52:54:00:12:34:56',
    root: null,
    bios: null,
    code: null,
    vars: null,
    memory: await memoryPlaces(dir),
  });
}

async function make(file: PlannedFile): Promise<void> {
  if (file.kind === 'seed') {
    const identity = { instanceId: 'i-1', password: 'secret', authorizedKeys: [] };
    return writeSeed(file.path, renderCloudInit(QemuConfig.parse({}), identity));
  }
  if (file.kind === 'copy') throw new Error('nothing is copied for a machine that boots');
  const backing = file.kind === 'overlay' ? ['-b', file.backing, '-F', file.backingFormat] : [];
  const size = file.size === null ? [] : [String(file.size)];
  await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, file.path, ...size]);
}

/** Gives everything to the user that QEMU runs as, where that is not us. */
async function handOver(dir: string, { user }: MachinePlan): Promise<void> {
  await writeFile(join(dir, 'memory'), '');
  if (user === null) return;
  for (const name of await readdir(dir)) await chown(join(dir, name), user.uid, user.gid);
  await chown(dir, user.uid, user.gid);
}

async function startAndQuit(plan: MachinePlan, dir: string) {
  await using memory = await open(join(dir, 'memory'), 'r+');
  const [file = '', ...args] = plan.command;
  const stdio: ('ignore' | 'pipe' | number)[] = ['ignore', 'ignore', 'pipe'];
  for (const name of ['qmp', 'agent', 'firmware'] as const) stdio[DESCRIPTORS[name]] = 'pipe';
  stdio[DESCRIPTORS.memory] = memory.fd;
  const child = spawn(file, args, { stdio });
  await using _ = { [Symbol.asyncDispose]: async () => void child.kill('SIGKILL') };
  const ended = once(child, 'close');
  const errors = text(child.stderr ?? Readable.from([]));
  const qmp: unknown = child.stdio[DESCRIPTORS.qmp];
  if (!(qmp instanceof Duplex)) throw new Error('QMP is not a socket');
  const answers: Record<string, unknown>[] = [];
  const commands = [
    { execute: 'qmp_capabilities' },
    { execute: 'query-status' },
    { execute: 'qom-list', arguments: { path: '/machine/peripheral' } },
    { execute: 'quit' },
  ];
  // No line end after the last: QEMU would leave it unread, and the connection would end with an error.
  qmp.write(commands.map((command) => JSON.stringify(command)).join('\n'));
  for await (const line of createInterface({ input: qmp })) answers.push(JSON.parse(line));
  await ended;
  const returned = answers.flatMap((answer) => ('return' in answer ? [answer['return']] : []));
  // SAFE: QMP answers in the order of the questions
  const [, status, devices] = returned as [unknown, { status: string }?, { name: string }[]?];
  expect(await stat(join(dir, 'memory'))).toMatchObject({ size: 256 * 2 ** 20 });
  return { status: status?.status, devices: devices?.map(({ name }) => name), errors: await errors };
}
