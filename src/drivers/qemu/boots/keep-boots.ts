import { BusyError, cacheDir, NotFoundError } from '../../../core/index.ts';
import type { StorePlaces } from '../storage/images-in-use.ts';
import { type BootFacts, BootStore, bootsDir } from './boot-store.ts';

export type { BootFacts };

const storeOf = ({ cache = cacheDir() }: StorePlaces) => new BootStore(bootsDir(cache));

/** The boots that are remembered, the one that was used last first. */
export async function listBoots(places: StorePlaces = {}): Promise<BootFacts[]> {
  return await storeOf(places).list(places);
}

/**
 * Forgets the boots whose keys begin so. Returns what was removed.
 *
 * @throws NotFoundError when there is none, BusyError when a machine that runs lies over it.
 */
export async function removeBoots(name: string, places: StorePlaces = {}): Promise<BootFacts[]> {
  const all = await listBoots(places);
  const meant = all.filter(({ key }) => name !== '' && key.startsWith(name));
  if (meant.length === 0) {
    const known = all.map(({ key }) => key.slice(0, 12));
    const message = `there is no remembered boot ${JSON.stringify(name)}; there are: ${known.join(', ') || 'none'}`;
    throw new NotFoundError(message, { what: 'remembered boot', missing: name, known });
  }
  for (const { key, used } of meant) {
    if (await storeOf(places).remove(key, places)) continue;
    const message = `${key.slice(0, 12)} cannot be removed: a machine that runs lies over it; switch it off and close it first`;
    throw new BusyError(message, { holder: 'a machine that runs', since: used.toISOString() });
  }
  return meant;
}

/** What may be forgotten. */
export interface CollectBootsOptions extends StorePlaces {
  /** Milliseconds: a boot that was used since then is kept. */
  readonly unusedFor: number;
  /** Only tells what would be removed. */
  readonly dryRun?: boolean | undefined;
  readonly now?: (() => number) | undefined;
}

/** Forgets the boots that nobody has used for a while, or may use any more, and that no machine lies over. Returns what was removed. */
export async function collectBoots(options: CollectBootsOptions): Promise<BootFacts[]> {
  const { unusedFor, dryRun = false, now = Date.now } = options;
  const all = await listBoots(options);
  const old = all.filter(
    ({ used, inUse, doubt }) => !inUse && (doubt !== null || now() - used.getTime() >= unusedFor),
  );
  if (dryRun) return old;
  const removed: BootFacts[] = [];
  for (const boot of old) if (await storeOf(options).remove(boot.key, options)) removed.push(boot);
  return removed;
}
