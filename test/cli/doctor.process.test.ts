import { once } from 'node:events';
import { chmod, mkdir, mkdtempDisposable, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { isUnknown } from '../../src/cli/doctor/facts.ts';
import type { Report } from '../../src/cli/doctor/report.ts';

const CLI = join(import.meta.dirname, '..', '..', 'bin', 'jumplead.js');
const fixture = (name: string) => join(import.meta.dirname, '../fixtures', name);
const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-doctor-'));

/** Runs the command with folders of its own, so that nothing was learnt of this host before. */
async function doctor(dir: string, args: string[], env: Record<string, string> = {}) {
  const own = {
    JUMPLEAD_CACHE: join(dir, 'cache'),
    XDG_STATE_HOME: join(dir, 'state'),
    XDG_RUNTIME_DIR: join(dir, 'run'),
  };
  const options = { env: { ...own, ...env }, reject: false } as const;
  return execa(process.execPath, [CLI, 'doctor', ...args], options);
}

async function report(dir: string, env?: Record<string, string>) {
  const { stdout, exitCode, stderr } = await doctor(dir, ['--json'], env);
  const { findings, ...rest }: Report = JSON.parse(stdout);
  return { ...rest, exitCode, stderr, found: Object.fromEntries(findings.map((one) => [one.check, one])) };
}

test('this host, as people read it', async () => {
  await using dir = await workDir();
  const { stdout, exitCode } = await doctor(dir.path, []);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ {2}✔ node +\d+\.\d+\.\d+, \//m);
  expect(stdout).toMatch(/^ {2}. accelerator +\S/m);
  expect(stdout).toMatch(/Machines of \w+ can be run here, by (kvm|hvf|tcg)\.$/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there is no terminal to colour
  expect(stdout).not.toMatch(/\u001b/);
});

test('this host, as JSON, with what a dead machine has left', async () => {
  await using dir = await workDir();
  const run = join(dir.path, 'state', 'jumplead', 'runs', '00000000dead');
  await mkdir(run, { recursive: true });
  const disk = join(dir.path, 'another disk', 'images');
  await mkdir(disk, { recursive: true });
  await writeFile(join(disk, 'an image'), Buffer.alloc(3 * 2 ** 20, 1));
  await symlink(join(dir.path, 'another disk'), join(dir.path, 'cache'));
  const { version, arch, runs, exitCode, found, facts } = await report(dir.path);
  expect({ version, runs, exitCode }).toEqual({ version: 1, runs: true, exitCode: 0 });
  expect(found[`qemu.${arch}`]).toMatchObject({ state: 'ok', fix: [] });
  expect(arch && facts.machines[arch].accelerator).toMatchObject({ reason: expect.any(String) });
  expect(facts.leftovers).toEqual([{ kind: 'machine', path: run }]);
  expect(found['leftovers']).toMatchObject({ state: 'warning' });
  expect(facts.cacheSize).toEqual({ bytes: expect.closeTo(3 * 2 ** 20, -6) });
  expect(facts.memory.available).toBeGreaterThan(0);
  expect(facts.folders).toMatchObject({
    cache: { path: join(dir.path, 'cache'), writable: true },
    state: { path: join(dir.path, 'state', 'jumplead'), free: expect.any(Number) },
  });

  if (process.platform === 'linux') expect(facts.vsock).toMatchObject({ path: '/dev/vhost-vsock' });
  expect(await readdir(join(run, '..'))).toEqual(['00000000dead']);
});

test('what killed machines and sessions have left is told apart, and nothing of it is touched', async () => {
  await using dir = await workDir();
  const env = { XDG_RUNTIME_DIR: join(dir.path, 'run') };
  const machine = [fixture('run-holder.ts'), join(dir.path, 'state', 'jumplead', 'runs')];
  for (const command of [machine, [fixture('flood-exporter.ts')]]) {
    const killed = execa(process.execPath, command, { env, reject: false });
    await once(killed.stdout, 'data');
    killed.kill('SIGKILL');
    await killed;
  }
  const { facts, found } = await report(dir.path, env);
  const kinds = isUnknown(facts.leftovers) ? [] : facts.leftovers.map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(['machine', 'sockets of a machine', 'sockets of a session']);
  expect(found['leftovers']?.fix).toEqual([]);
  expect((await report(dir.path, env)).facts.leftovers).toEqual(facts.leftovers);
});

test('a file where a folder must be is in the way', async () => {
  await using dir = await workDir();
  await writeFile(join(dir.path, 'cache'), '');
  const { runs, found } = await report(dir.path);
  expect(runs).toBe(false);
  expect(found['disk.cache']).toMatchObject({
    state: 'error',
    notes: ['JUMPLEAD_CACHE names another folder'],
  });
});

test.runIf(process.platform === 'linux')('so is a folder where a file system takes none', async () => {
  await using dir = await workDir();
  const { runs, found } = await report(dir.path, { XDG_STATE_HOME: '/proc/x' });
  expect(runs).toBe(false);
  expect(found['disk.state']).toMatchObject({
    state: 'error',
    summary: '/proc/x/jumplead may not be written to',
    notes: ['XDG_STATE_HOME names another folder'],
  });
});

test('with an empty PATH, no machine can be run: the fault of the lab', async () => {
  await using dir = await workDir();
  const { runs, arch, exitCode, stderr, found } = await report(dir.path, { PATH: '' });
  expect({ runs, exitCode }).toEqual({ runs: false, exitCode: 3 });
  expect(stderr).toContain(`qemu.${arch}: qemu-system-${arch} is not installed`);
  expect(stderr).toContain('fault: this host or its surroundings');
  expect(found['qemu-img']).toMatchObject({ state: 'error' });
  expect(found[`qemu.${arch}`]?.fix.length).toBe(1);
});

test('a QEMU that hangs is given up', async () => {
  await using dir = await workDir();
  for (const arch of ['x86_64', 'aarch64']) {
    const path = join(dir.path, `qemu-system-${arch}`);
    await writeFile(path, '#!/bin/sh\nexec /usr/bin/tail -f /dev/null\n');
    await chmod(path, 0o755);
  }
  const { arch, exitCode, found } = await report(dir.path, { PATH: dir.path });
  expect(exitCode).toBe(3);
  expect(found[`qemu.${arch}`]).toMatchObject({
    state: 'error',
    summary: 'not known: finding out took longer than 4s',
  });
});
