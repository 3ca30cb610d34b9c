import { createHash } from 'node:crypto';
import { readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../../core/index.ts';

const FOLDER = 'images';

/**
 * The images that a machine uses, written down in the folder of its run: a symbolic link for each. Whoever clears images away
 * reads them; what is noted by a run that lives is left alone.
 */
export class ImageNotes {
  readonly #folder: string;

  /** @param run The folder of a run. */
  constructor(run: string) {
    this.#folder = join(run, FOLDER);
  }

  /** Notes the file `path`, which need not be there yet: it is to be noted before it is looked for. */
  async add(path: string): Promise<void> {
    await makeFolder(this.#folder, 0o700);
    await symlink(path, join(this.#folder, nameOf(path))).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }

  /** The file is not used any more. */
  async forget(path: string): Promise<void> {
    await rm(join(this.#folder, nameOf(path)), { force: true });
  }

  /** What is noted. */
  async read(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const paths = await Promise.all(
      names.map((name) => readlink(join(this.#folder, name)).catch(() => undefined)),
    );
    return paths.filter((path) => path !== undefined);
  }
}

const nameOf = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 16);
