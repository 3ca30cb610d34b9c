import { join } from 'node:path';
import { z } from 'zod';
import { cacheDir, NotFoundError } from '../core/index.ts';
import { IMAGE_ARCHES } from './arches.ts';
import {
  type CachedFile,
  clearLeftovers,
  discardKept,
  findLeftovers,
  KeptFacts,
  type KeptPlace,
  listKept,
  readKept,
  sweepKept,
  takeTurn,
} from './kept.ts';
import { type Recipe, recipeHash, recipeId } from './recipe.ts';

/** Where the cache is, and what ends the call. */
export interface CacheOptions {
  /** The cache folder; by default that of the user (`cacheDir()`). */
  readonly cache?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const BuiltFacts = KeptFacts.extend({
  arch: z.enum(IMAGE_ARCHES),
  /** The hash of its recipe. */
  recipe: z.string(),
  built: z.coerce.date(),
});

export const PulledFacts = KeptFacts.extend({
  /** `null`: nobody has said. */
  arch: z.enum(IMAGE_ARCHES).nullable(),
  /** The address that it was asked for at, without secrets. */
  source: z.string(),
  /** What it was checked against; `null`: nothing was known of it. */
  digest: z
    .object({
      algorithm: z.enum(['sha256', 'sha512']),
      value: z.string(),
      /** The address of the checksum file; `null`: the caller gave it. */
      from: z.string().nullable(),
    })
    .nullable(),
  /** By what the server can tell whether it is still the same. */
  validator: z.object({ header: z.enum(['etag', 'last-modified']), value: z.string() }).nullable(),
  /** The user that it makes by itself, where that is known. */
  user: z.string().nullable(),
  pulled: z.coerce.date(),
});

/** An image (or tiny guest) that was built here; the same facts are in its `image.json`, without the paths. */
export interface BuiltImage extends Readonly<z.infer<typeof BuiltFacts>>, KeptPlace {
  readonly kind: 'built';
}

/** An image that was downloaded; likewise. */
export interface PulledImage extends Readonly<z.infer<typeof PulledFacts>>, KeptPlace {
  readonly kind: 'pulled';
}

/** An image in the cache. */
export type CachedImage = BuiltImage | PulledImage;

export const builtDir = (cache = cacheDir()) => join(cache, 'images', 'built');
export const pulledDir = (cache = cacheDir()) => join(cache, 'images', 'pulled');

/** When an image was built or pulled. */
export const sinceWhen = (image: CachedImage): Date => (image.kind === 'built' ? image.built : image.pulled);

/** The images in the cache, newest first. Whatever is unfinished or damaged is not among them. */
export async function listImages(options: CacheOptions = {}): Promise<CachedImage[]> {
  const images = [
    ...(await listKept(builtDir(options.cache), BuiltFacts)).map((image) => ({
      kind: 'built' as const,
      ...image,
    })),
    ...(await listPulled(options)),
  ];
  return images.toSorted((a, b) => sinceWhen(b).getTime() - sinceWhen(a).getTime());
}

/** The images that were downloaded. */
export async function listPulled(options: CacheOptions = {}): Promise<PulledImage[]> {
  return (await listKept(pulledDir(options.cache), PulledFacts)).map((image) => ({
    kind: 'pulled',
    ...image,
  }));
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
 * Those of `images` that `name` means: all of a name (`debian-12`), those of one architecture (`debian-12-x86_64`), or one
 * by its id.
 *
 * @throws NotFoundError when nothing has that name.
 */
export function chooseImages<T extends Pick<CachedImage, 'id' | 'name' | 'arch'>>(
  images: readonly T[],
  name: string,
): T[] {
  const chosen = images.filter((image) =>
    [image.name, `${image.name}-${image.arch}`, image.id].includes(name),
  );
  if (chosen.length > 0) return chosen;
  const known = images.map(({ id }) => id);
  const message = `no image ${JSON.stringify(name)} in the cache; there are: ${known.join(', ') || 'none'}`;
  throw new NotFoundError(message, { what: 'image', missing: name, known });
}

/**
 * Removes the images that are called `name`, as {@link chooseImages} has it, and returns them. Files that a process still
 * has open stay readable to it.
 *
 * @throws NotFoundError when nothing has that name.
 */
export async function removeImage(name: string, options: CacheOptions = {}): Promise<CachedImage[]> {
  const chosen = chooseImages(await listImages(options), name);
  for (const image of chosen) await discardKept(image.dir);
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
): Promise<BuiltImage> {
  const { signal, cache } = options;
  const root = builtDir(cache);
  const id = recipeId(recipe);
  const dir = join(root, id);
  const ready = await readKept(dir, BuiltFacts);
  if (ready) return { kind: 'built', ...ready };
  await using turn = await takeTurn(root, id, { signal });
  const meanwhile = await readKept(dir, BuiltFacts);
  if (meanwhile) return { kind: 'built', ...meanwhile };
  const files = await build(turn.work);
  signal?.throwIfAborted();
  const facts = {
    ...{ id, name: recipe.name, arch: recipe.arch, recipe: recipeHash(recipe) },
    files: [...files],
    built: new Date(),
  };
  return { kind: 'built', ...(await turn.settle(facts, { from: recipe })) };
}

/** What lies among the images of the cache and is none: of those who were killed, and what was put aside as damaged. */
export async function listLeftovers(options: CacheOptions = {}): Promise<string[]> {
  const roots = [builtDir(options.cache), pulledDir(options.cache)];
  return (await Promise.all(roots.map(findLeftovers))).flat();
}

/** Removes those of who was killed: what was put aside stays. */
export async function sweepImages(options: CacheOptions = {}): Promise<void> {
  for (const root of [builtDir(options.cache), pulledDir(options.cache)]) await sweepKept(root);
}

/** Removes them all. */
export async function removeLeftovers(options: CacheOptions = {}): Promise<void> {
  for (const root of [builtDir(options.cache), pulledDir(options.cache)]) await clearLeftovers(root);
}
