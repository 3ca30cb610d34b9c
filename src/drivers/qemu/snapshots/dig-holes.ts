import { type FileHandle, statfs } from 'node:fs/promises';
import { runTool } from '../../../core/index.ts';

/** What Linux calls a file system that lies in memory. */
const TMPFS = 0x0102_1994;

/**
 * Gives back the room of what is zero in a file in memory that nobody writes to. Whoever looks at a hole of such a file gets a page
 * for it, as QEMU does when it sends a machine or takes one in; on a disk a hole stays one.
 */
export async function digHoles({ fd }: FileHandle, signal: AbortSignal): Promise<void> {
  const path = `/proc/${process.pid}/fd/${fd}`;
  if (process.platform !== 'linux' || (await statfs(path)).type !== TMPFS) return;
  await runTool('fallocate', ['--dig-holes', path], { signal });
}
