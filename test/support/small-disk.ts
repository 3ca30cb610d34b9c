import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../../src/core/index.ts';

/** A file system of its own, that really runs full. Only root may make one. `mode`: who gets in, in octal digits. */
export async function openSmallDisk(bytes: number, mode = '700') {
  const path = await mkdtemp(join(tmpdir(), 'jumplead-small-'));
  await runTool('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=${mode}`, 'tmpfs', path]);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await runTool('umount', ['--lazy', path]);
      await rm(path, { recursive: true });
    },
  };
}

/** Whether `openSmallDisk` can be used: we are root, and also allowed what root is. */
export const canMount =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'true']).status === 0;
