import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runTool } from '../../core/index.ts';
import type { FolderFacts } from './facts.ts';

/** How much room there is in a folder, which need not be there yet: then, where it will be. */
export async function lookAtFolder(path: string): Promise<FolderFacts> {
  const place = await nearest(path);
  const [{ bavail, bsize, blocks }, isFolder, mayWrite] = await Promise.all([
    statfs(place),
    stat(place).then((stats) => stats.isDirectory()),
    access(place, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  // One without any blocks, such as /proc, holds no files of ours, also where root may write to it.
  return { path, free: bavail * bsize, writable: isFolder && mayWrite && blocks > 0 };
}

/**
 * The bytes that a folder takes on the disk; none where there is no such folder. Counted by a program: a walk through tens of
 * thousands of files would keep this process from all else that it looks at.
 */
export async function measureFolder(path: string, signal: AbortSignal): Promise<{ bytes: number }> {
  if (!(await stat(path).catch(() => undefined))) return { bytes: 0 };
  // It fails when a file vanishes meanwhile, but counts the others.
  const { stdout } = await runTool('sh', ['-c', 'du -skH -- "$1" || :', 'sh', path], { signal });
  const [kibibytes] = /^\d+/.exec(stdout) ?? [];
  if (kibibytes === undefined) throw new Error('du does not tell');
  return { bytes: Number(kibibytes) * 1024 };
}

/** The folder itself, or the innermost of what is around it that is there. */
async function nearest(path: string): Promise<string> {
  const there = await stat(path).catch(() => undefined);
  return there || dirname(path) === path ? path : nearest(dirname(path));
}
