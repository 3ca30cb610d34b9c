import { once } from 'node:events';
import { chmod, mkdtempDisposable, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { sweepRuns } from '../../../src/drivers/qemu/run-folder.ts';

const HOLDER = join(import.meta.dirname, '../../fixtures/machine-holder.ts');
const CONFIG = { arch: 'x86_64', firmware: 'bios', memory: '64MiB', accelerator: 'tcg' };

test.runIf(process.platform === 'linux')('no QEMU outlives a process of ours that is killed', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-orphan-'));
  // As root we run QEMU as another user, who must get at its files.
  await chmod(folder.path, 0o711);
  const env = { XDG_STATE_HOME: join(folder.path, 'state'), XDG_CACHE_HOME: join(folder.path, 'cache') };
  await using stack = new AsyncDisposableStack();
  const holder = execa(process.execPath, [HOLDER, JSON.stringify(CONFIG), folder.path], {
    env,
    reject: false,
  });
  stack.defer(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const { pid, screen } = await findQemu(folder.path);
  expect(await readStatus(pid)).toMatchObject({ alive: true, root: false });
  // The connection ends with the process, however that ends.
  const socket = connect(screen).on('error', () => undefined);
  await once(socket.resume(), 'connect');
  // Not by `once`, which takes the reset of a connection for a failure.
  const ended = new Promise((resolve) => socket.on('close', resolve));
  holder.kill('SIGKILL');
  await ended;
  expect(await readStatus(pid)).toMatchObject({ alive: false });
  await holder;
  await sweepRuns(join(env.XDG_STATE_HOME, 'jumplead/runs'), createLog('silent'));
  await expect(stat(dirname(screen))).rejects.toThrow('ENOENT');
});

async function findQemu(folder: string): Promise<{ pid: number; screen: string }> {
  const timeline = await readFile(join(folder, 'timeline.jsonl'), 'utf8');
  const [, pid] = /"POWER_ON".*"pid":(\d+)/.exec(timeline) ?? [];
  const [, screen = ''] = /unix:([^\s,']+)/.exec(await readFile(join(folder, 'qemu.sh'), 'utf8')) ?? [];
  return { pid: Number(pid), screen };
}

/** Without memory a process is dead, although as a zombie it still takes signals. */
async function readStatus(pid: number): Promise<{ alive: boolean; root: boolean }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return {
    alive: /^VmSize:/m.test(status),
    root: process.getuid?.() === 0 && /^Uid:\s+0\s/m.test(status),
  };
}
