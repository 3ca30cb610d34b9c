import { lstat, readdir } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { IMAGE_ARCHES } from './arches.ts';
import {
  type CachedImage,
  type CacheOptions,
  listImages,
  listLeftovers,
  removeLeftovers,
  sinceWhen,
} from './cache.ts';
import { debianRecipe } from './debian-recipe.ts';
import { discardKept } from './kept.ts';
import { recipeId } from './recipe.ts';
import { tinyRecipe } from './tiny-recipe.ts';

/** Something that can be done without, and why. */
export interface Waste {
  readonly path: string;
  /** What it is called. */
  readonly name: string;
  readonly reason: string;
  /** On the disk. */
  readonly bytes: number;
}

/** What is used by somebody. */
export interface GcOptions extends CacheOptions {
  /** Finds the paths that are in use now: nothing that one of them lies in is removed. */
  readonly findInUse?: (() => Promise<readonly string[]>) | undefined;
  /** Only tells what would be removed. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Removes built images of older recipes, pulled ones that a newer has taken the place of, and what was left behind by those
 * who were killed or put aside as damaged. Returns what was removed.
 */
export async function collectImages(options: GcOptions = {}): Promise<Waste[]> {
  const { findInUse = async () => [], dryRun = false } = options;
  const inUse = await findInUse();
  const old = superseded(await listImages(options), currentRecipes());
  const images = old.filter(({ image }) => !isUsed(image, inUse));
  const unneeded = await Promise.all(
    images.map(async ({ image, reason }) => ({ image, waste: await describe(image.dir, reason) })),
  );
  const left = await Promise.all(
    (await listLeftovers(options)).map((path) => describe(path, 'left behind or put aside')),
  );
  if (dryRun) return [...unneeded.map(({ waste }) => waste), ...left];
  const removed: Waste[] = [];
  for (const { image, waste } of unneeded) {
    options.signal?.throwIfAborted();
    // Whoever uses one notes it first and then looks for it: who has noted it by now gets it back.
    const isWanted = async () => isUsed(image, await findInUse());
    if ((await discardKept(image.dir, isWanted)) !== 'kept') removed.push(waste);
  }
  await removeLeftovers(options);
  return [...removed, ...left];
}

const isUsed = ({ dir }: CachedImage, inUse: readonly string[]) =>
  inUse.some((path) => path.startsWith(dir + sep));

/** The images that this version would build. */
const currentRecipes = () =>
  IMAGE_ARCHES.flatMap((arch) => [recipeId(debianRecipe(arch)), recipeId(tinyRecipe(arch))]);

/**
 * Those of `images` that others have taken the place of: of each name and architecture (and, where it was pulled from an
 * address, that) the one by a current recipe stays, else the newest.
 *
 * @param images Newest first.
 */
export function superseded(
  images: readonly CachedImage[],
  current: readonly string[],
): { image: CachedImage; reason: string }[] {
  const groups = Object.values(
    Object.groupBy(images, (image) =>
      [image.kind, image.name, image.arch, image.kind === 'pulled' ? image.source : ''].join(' '),
    ),
  );
  return groups.flatMap((group = []) => {
    const kept = group.find(({ id }) => current.includes(id)) ?? group[0];
    const others = group.filter((image) => image !== kept);
    return others.map((image) => ({
      image,
      reason: `${image.kind} ${sinceWhen(image).toISOString().slice(0, 10)}; there is ${kept?.id}`,
    }));
  });
}

async function describe(path: string, reason: string): Promise<Waste> {
  return { path, name: basename(path), reason, bytes: await sizeOnDisk(path) };
}

/**
 * The bytes that a file or folder takes on the disk; images are sparse, their length says little. What vanishes meanwhile is not
 * counted.
 */
export async function sizeOnDisk(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => undefined);
  // A block counts 512 bytes, whatever the file system.
  if (!facts?.isDirectory()) return (facts?.blocks ?? 0) * 512;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOnDisk(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
