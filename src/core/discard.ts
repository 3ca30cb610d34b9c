import { type FolderKind, moveAside, openOwnedFolder } from './owned-folder.ts';

/** What has become of something that was to be removed. */
export type Discarded = 'removed' | 'kept' | 'missing';

/**
 * Removes `path`, a file or folder that others look for by its name, unless it `isWanted` after all. It is moved out of sight first, into
 * a folder of the kind `aside` on the same file system: nobody finds half of it, and whoever notes first that he uses one and then
 * looks for it has noted it by the time that `isWanted` looks; then it is put back, also if we are killed meanwhile.
 */
export async function discard(
  path: string,
  aside: FolderKind,
  isWanted: () => Promise<boolean> = async () => false,
): Promise<Discarded> {
  await using folder = await openOwnedFolder(aside);
  try {
    const moved = await moveAside(path, folder);
    const wanted = await isWanted();
    await (wanted ? moved.putBack() : moved.giveUp());
    return wanted ? 'kept' : 'removed';
  } catch (error) {
    // Somebody else clears it away.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing'; // SAFE: only looked at
    throw error;
  }
}
