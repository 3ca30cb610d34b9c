import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeFolders } from '../../core/index.ts';

/** Gives `act` the path of a socket: `given`, or one in a private folder that is removed afterwards. */
export async function withSocketFolder<T>(
  given: string | undefined,
  act: (path: string) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return await act(given);
  const { parent } = await runtimeFolders();
  await using folder = await mkdtempDisposable(join(parent, 'jl-'));
  return await act(join(folder.path, 'socket'));
}
