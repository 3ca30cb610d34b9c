import type { FileHandle } from 'node:fs/promises';
import { runTool } from '../../../core/index.ts';

/**
 * Makes `target` hold what `source` holds, which nobody writes to meanwhile; holes stay holes. `cp` is used because Node cannot ask
 * where a file has data.
 */
export async function copyMemory(source: FileHandle, target: FileHandle, signal: AbortSignal): Promise<void> {
  const { size } = await source.stat();
  const paths = [source, target].map(({ fd }) => `/proc/${process.pid}/fd/${fd}`);
  await runTool('cp', ['--sparse=auto', '--reflink=auto', ...paths], { signal });
  await target.truncate(size);
}
