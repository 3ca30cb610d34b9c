import type { Log } from '../../../core/index.ts';
import type { Operator } from './operator.ts';
import { normalizePath } from './paths.ts';

/** What a session has created in a storage. */
export class CreatedPaths {
  readonly #paths = new Set<string>();

  add(path: string): void {
    const normal = normalizePath(path);
    // The root was there before.
    if (normal !== '') this.#paths.add(normal);
  }

  /** Forgets a path with all below it. */
  remove(path: string): void {
    for (const found of this.#below(path)) this.#paths.delete(found);
  }

  /** What was at `source`, or below it, is at `target` now. */
  move(source: string, target: string): void {
    const [from, to] = [normalizePath(source), normalizePath(target)];
    const moved = this.#below(from).map((path) => to + path.slice(from.length));
    this.remove(from);
    for (const path of moved) this.add(path);
    this.add(to);
  }

  list(): string[] {
    return [...this.#paths];
  }

  /** Deletes all of it, files before the folders that they are in. What cannot be deleted is logged. */
  async deleteAll(operator: Operator, log: Log): Promise<void> {
    for (const path of this.list().toSorted().toReversed()) {
      try {
        const isFolder = (await operator.exists(path)) && (await operator.stat(path)).isDirectory();
        await (isFolder ? operator.removeAll(`${path}/`) : operator.delete(path));
      } catch (error) {
        log.error({ err: error, path }, 'cannot delete what the session has created');
      }
    }
  }

  #below(path: string): string[] {
    const top = normalizePath(path);
    return this.list().filter((found) => found === top || found.startsWith(`${top}/`));
  }
}
