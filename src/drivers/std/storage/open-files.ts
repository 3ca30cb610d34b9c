import { randomUUID } from 'node:crypto';
import { NotFoundError } from '../../../core/index.ts';
import type { OpenFile } from './open-file.ts';

/** The files that clients have opened, by the `fd` they know them by. */
export class OpenFiles implements AsyncDisposable {
  readonly #open = new Map<string, OpenFile>();
  /** Those that were closed: all that is still asked about one is whether it is. */
  readonly #closed = new Map<string, OpenFile>();

  add(file: OpenFile): string {
    const fd = randomUUID();
    this.#open.set(fd, file);
    return fd;
  }

  /** @throws NotFoundError for what `add` did not return */
  find(fd: string): OpenFile {
    const file = this.#open.get(fd.toLowerCase()) ?? this.#closed.get(fd.toLowerCase());
    if (file) return file;
    const known = [...this.#open.keys()];
    throw new NotFoundError(`there is no open file ${fd}`, { what: 'file', missing: fd, known });
  }

  async close(fd: string): Promise<void> {
    const file = this.find(fd);
    this.#open.delete(fd.toLowerCase());
    this.#closed.set(fd.toLowerCase(), file);
    await file.close();
  }

  /** Closes what is still open; all of it, also when some cannot be. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#open.keys()].map((fd) => this.close(fd)));
  }
}
