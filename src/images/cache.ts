import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheDir, NotFoundError, runTool } from '../core/index.ts';
import { IMAGE_ARCHES, type ImageArch } from './arches.ts';
import { acquireLock } from './lock.ts';
import { type Recipe, recipeHash, recipeId } from './recipe.ts';

/** Where the cache is, and what ends the call. */
export interface CacheOptions {
  /** The cache folder; by default that of the user (`cacheDir()`). */
  readonly cache?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A built image (or tiny guest) in the cache; the same facts are in its `image.json`, without the paths. */
export interface CachedImage {
  readonly id: string;
  readonly name: string;
  readonly arch: ImageArch;
  /** The hash of its recipe. */
  readonly recipe: string;
  /** The folder that holds its files and nothing else. */
  readonly dir: string;
  readonly files: readonly CachedFile[];
  /** The path of the first file: the disk image, or the tiny guest's kernel. */
  readonly file: string;
  /** Bytes of all files. */
  readonly size: number;
  /** When it was built. */
  readonly built: Date;
}

/** One file of a built image. */
export interface CachedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

const FACTS = 'image.json';
const Facts = z.object({
  id: z.string(),
  name: z.string(),
  arch: z.enum(IMAGE_ARCHES),
  recipe: z.string(),
  files: z.array(z.object({ name: z.string(), size: z.int(), sha256: z.string() })).nonempty(),
  built: z.coerce.date(),
});
const builtDir = (cache = cacheDir()) => join(cache, 'images', 'built');

/** The images in the cache, newest first. Whatever is unfinished or damaged is not among them. */
export async function listImages(options: CacheOptions = {}): Promise<CachedImage[]> {
  const root = builtDir(options.cache);
  const names = await readdir(root).catch(() => []);
  const images = await Promise.all(
    names.filter((name) => !name.startsWith('.')).map((name) => readImage(join(root, name))),
  );
  return images.filter((image) => image !== undefined).sort((a, b) => b.built.getTime() - a.built.getTime());
}

/** The newest image of that name and architecture, or undefined; an older recipe's counts as well. */
export async function findImage(
  name: string,
  arch: string,
  options: CacheOptions = {},
): Promise<CachedImage | undefined> {
  return (await listImages(options)).find((image) => image.name === name && image.arch === arch);
}

/**
 * Removes images from the cache: all of a name (`debian-12`), those of one architecture (`debian-12-x86_64`), or one by
 * its id. Returns what was removed. Files that a process still has open stay readable to it.
 *
 * @throws NotFoundError when nothing has that name.
 */
export async function removeImage(name: string, options: CacheOptions = {}): Promise<CachedImage[]> {
  const images = await listImages(options);
  const chosen = images.filter((image) =>
    [image.name, `${image.name}-${image.arch}`, image.id].includes(name),
  );
  if (chosen.length === 0) {
    const known = images.map(({ id }) => id);
    const message = `no image ${JSON.stringify(name)} in the cache; there are: ${known.join(', ') || 'none'}`;
    throw new NotFoundError(message, { what: 'image', missing: name, known });
  }
  for (const image of chosen) await discard(image.dir);
  return chosen;
}

/** What {@link cachedBuild} is to do when the image is not there yet. */
export type BuildStep = (work: string) => Promise<readonly CachedFile[]>;

/**
 * The image of a recipe: out of the cache, or built now by `build` in a folder of its own, which becomes the image's
 * folder when it is complete and is removed when it is not. Builds of one recipe take turns; the second finds the
 * first one's result.
 *
 * @param build Leaves the files that it names in `<work>/out`.
 */
export async function cachedBuild(
  recipe: Recipe,
  build: BuildStep,
  options: CacheOptions = {},
): Promise<CachedImage> {
  const root = builtDir(options.cache);
  const id = recipeId(recipe);
  const dir = join(root, id);
  const ready = await readImage(dir);
  if (ready) return ready;
  await using _turn = await acquireLock(join(root, `.lock-${id}`), { signal: options.signal });
  const meanwhile = await readImage(dir);
  if (meanwhile) return meanwhile;
  await removeLeftovers(root, id);
  await using stack = new AsyncDisposableStack();
  const work = await mkdtemp(join(root, `.build-${id}-`));
  stack.defer(() => removeTree(work));
  const out = join(work, 'out');
  await mkdir(out);
  const files = await build(work);
  options.signal?.throwIfAborted();
  const facts = {
    id,
    name: recipe.name,
    arch: recipe.arch,
    recipe: recipeHash(recipe),
    files,
    built: new Date(),
  };
  await writeFile(join(out, FACTS), `${JSON.stringify({ ...facts, from: recipe }, null, 2)}\n`);
  await removeTree(dir);
  await rename(out, dir);
  return withPaths(facts, dir);
}

function withPaths(facts: Omit<CachedImage, 'dir' | 'file' | 'size'>, dir: string): CachedImage {
  const size = facts.files.reduce((sum, file) => sum + file.size, 0);
  return { ...facts, dir, file: join(dir, facts.files[0]?.name ?? ''), size };
}

/** Complete means: the facts are there, and every file has the size that they say. */
async function readImage(dir: string): Promise<CachedImage | undefined> {
  try {
    const facts = Facts.parse(JSON.parse(await readFile(join(dir, FACTS), 'utf8')));
    for (const file of facts.files) {
      if ((await stat(join(dir, file.name))).size !== file.size) return undefined;
    }
    return withPaths(facts, dir);
  } catch {
    return undefined;
  }
}

/**
 * Removes what builds left behind that were killed: those of this recipe, whose lock we hold, and those of other
 * recipes whose lock nobody holds.
 */
async function removeLeftovers(root: string, id: string): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const [, owner] = /^\.build-(.+)-[^-]+$/.exec(name) ?? [];
    if (owner === id || name.startsWith('.removed-')) await removeTree(path);
    // Fails when that build is still going on.
    else if (owner)
      await runTool('flock', ['-n', join(root, `.lock-${owner}`), 'rm', '-rf', path]).catch(() => undefined);
  }
}

/** Moved out of sight first, so that nobody finds half of it. */
async function discard(dir: string): Promise<void> {
  const aside = await mkdtemp(join(dir, '..', '.removed-'));
  await rename(dir, join(aside, 'image'));
  await removeTree(aside);
}

const removeTree = async (path: string) => await rm(path, { recursive: true, force: true, maxRetries: 3 });
