import { join } from 'node:path';
import { openOwnedFolder, runtimeFolders } from '../../core/index.ts';

/** Gives `act` the path of a socket: `given`, or one in a private folder that is removed afterwards. */
export async function withSocketFolder<T>(
  given: string | undefined,
  act: (path: string) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return await act(given);
  await using folder = await openOwnedFolder(await runtimeFolders());
  return await act(join(folder.path, 'socket'));
}
