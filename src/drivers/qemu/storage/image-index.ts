import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FolderKind, makeFolder, openOwnedFolder } from '../../../core/index.ts';

const INDEXES = ['sent', 'files', 'urls'] as const;
/** What an image can be found by. */
export type IndexName = (typeof INDEXES)[number];

/** The folders of a store with what is not whole yet. */
export const incomingFolders = (store: string): FolderKind => ({
  parent: join(store, 'incoming'),
  prefix: '',
});

/** Notes of a store of images, small files each: see `ImageStore`. */
export class ImageIndex {
  readonly #store: string;

  private constructor(store: string) {
    this.#store = store;
  }

  /** Opens the index in the folder of a store, and makes what is not there. */
  static async open(store: string): Promise<ImageIndex> {
    for (const name of [...INDEXES, 'incoming']) await makeFolder(join(store, name), 0o700);
    return new ImageIndex(store);
  }

  /** The names of all notes. */
  async names(index: IndexName): Promise<string[]> {
    return await readdir(join(this.#store, index));
  }

  async read(index: IndexName, name: string): Promise<string | undefined> {
    return await readFile(join(this.#store, index, name), 'utf8').catch(() => undefined);
  }

  /** Removes the notes that lead to none of the contents `there`. */
  async forgetRest(there: readonly string[]): Promise<void> {
    for (const name of await this.names('sent'))
      if (!there.includes((await this.read('sent', name)) ?? '')) await this.#remove('sent', name);
    const sent = await this.names('sent');
    for (const index of ['files', 'urls'] as const)
      for (const name of await this.names(index)) {
        const text = (await this.read(index, name)) ?? '';
        if (!sent.some((known) => text.includes(known))) await this.#remove(index, name);
      }
  }

  async #remove(index: IndexName, name: string): Promise<void> {
    await rm(join(this.#store, index, name), { force: true });
  }

  /** Writes a note, which appears whole. */
  async write(index: IndexName, name: string, text: string): Promise<void> {
    await using scratch = await openOwnedFolder(incomingFolders(this.#store));
    const temporary = join(scratch.path, 'note');
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, join(this.#store, index, name));
  }
}
