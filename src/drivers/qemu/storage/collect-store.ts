import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheDir, discard, findLeftFolders, parseDuration, sweepFolders } from '../../../core/index.ts';
import { sizeOnDisk, type Waste } from '../../../images/index.ts';
import { downloadFolders } from '../firmware-download.ts';
import { contentOf, damagedDir, flashedDir } from './content-store.ts';
import { ImageIndex, incomingFolders } from './image-index.ts';
import { findImagesInUse, type StorePlaces } from './images-in-use.ts';

/** What may be removed. */
export interface CollectFlashedOptions extends StorePlaces {
  /** Milliseconds: an image that was used since then is kept. */
  readonly unusedFor: number;
  /** Only tells what would be removed. */
  readonly dryRun?: boolean | undefined;
  readonly now?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes flashed images that nobody has used for a while and no open machine uses, those that were put aside as damaged, and
 * what was on its way when its process was killed. Returns what was removed.
 */
export async function collectFlashed(options: CollectFlashedOptions): Promise<Waste[]> {
  const { dryRun = false, cache = cacheDir() } = options;
  const store = flashedDir(cache);
  const old = await findUnused(store, options);
  const damaged = (await readdir(damagedDir(store)).catch(() => [])).map((name) =>
    describe(join(damagedDir(store), name), 'put aside, because it was damaged'),
  );
  const abandoned = [incomingFolders(store), downloadFolders(cache)];
  const left = (await Promise.all(abandoned.map(findLeftFolders)))
    .flat()
    .map((path) => describe(path, 'left behind by a process that was killed'));
  const rest = await Promise.all([...damaged, ...left]);
  if (dryRun) return [...old, ...rest];
  const removed: Waste[] = [];
  for (const image of old) {
    options.signal?.throwIfAborted();
    const isWanted = async () => (await findImagesInUse(options)).includes(image.path);
    if ((await discard(image.path, incomingFolders(store), isWanted)) === 'removed') removed.push(image);
  }
  await rm(damagedDir(store), { recursive: true, force: true });
  for (const kind of abandoned) await sweepFolders(kind);
  if (removed.length > 0) await (await ImageIndex.open(store)).forgetRest(await contentOf(store));
  return [...removed, ...rest];
}

async function findUnused(store: string, options: CollectFlashedOptions): Promise<Waste[]> {
  const { unusedFor, now = Date.now } = options;
  const inUse = await findImagesInUse(options);
  const images = await Promise.all(
    (await contentOf(store)).map(async (name) => {
      const path = join(store, 'content', name);
      const facts = await stat(path).catch(() => undefined);
      return { path, unused: facts ? now() - facts.mtimeMs : -1 };
    }),
  );
  const waste = images.filter(({ path, unused }) => unused >= unusedFor && !inUse.includes(path));
  return await Promise.all(
    waste.map(({ path, unused }) =>
      describe(path, `last used ${Math.floor(unused / parseDuration('1d'))} days ago`),
    ),
  );
}

async function describe(path: string, reason: string): Promise<Waste> {
  const name = basename(path);
  const isImage = /^[0-9a-f]{64}$/.test(name);
  return {
    path,
    name: isImage ? `flashed ${name.slice(0, 12)}` : name,
    reason,
    bytes: await sizeOnDisk(path),
  };
}
