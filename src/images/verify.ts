import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { NotFoundError, type OnProgress } from '../core/index.ts';
import { IMAGE_NAMES } from './build-image.ts';
import { builtDir, type CachedImage, type CacheOptions, listImages, pulledDir } from './cache.ts';
import { CATALOGUE } from './catalogue.ts';
import { describeFile } from './digest.ts';
import { listKeptFolders, setAside } from './kept.ts';
import { createPhases } from './phases.ts';

/** What became of looking at one image. */
export interface ImageVerdict {
  readonly id: string;
  /** What is wrong with it; `null`: it is as it was when it was made. */
  readonly problem: string | null;
  /** Where a damaged one is now, out of everybody's way. */
  readonly aside: string | null;
  /** What to type to have it again; `null`: it comes back by itself, when it is needed. */
  readonly fix: string | null;
}

/** Which images to look at. */
export interface VerifyOptions extends CacheOptions {
  /** As `removeImage` takes them; all when there are none. */
  readonly names?: readonly string[] | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Reads all files of built and pulled images again. One that is not what it was is put aside, so that nobody uses it.
 *
 * @throws NotFoundError when there is no image of a name; the signal's reason when that aborts.
 */
export async function* verifyImages(options: VerifyOptions = {}): AsyncGenerator<ImageVerdict> {
  const complete = new Map((await listImages(options)).map((image) => [image.dir, image]));
  const folders = [
    ...(await listKeptFolders(builtDir(options.cache))),
    ...(await listKeptFolders(pulledDir(options.cache))),
  ];
  const phases = createPhases(options.onProgress);
  for (const dir of chooseFolders(folders, complete, options.names ?? [])) {
    const image = complete.get(dir);
    phases.begin(basename(dir));
    const problem = image
      ? await compare(image, options.signal)
      : 'it is incomplete, or what says what it is cannot be read';
    options.signal?.throwIfAborted();
    const gone = problem !== null && (await stat(dir).catch(() => undefined)) === undefined;
    if (gone) continue;
    yield {
      id: basename(dir),
      problem,
      aside: problem === null ? null : await setAside(dir),
      fix: problem === null || !image ? null : remedyFor(image),
    };
  }
}

function chooseFolders(
  folders: readonly string[],
  images: ReadonlyMap<string, CachedImage>,
  names: readonly string[],
): string[] {
  if (names.length === 0) return [...folders];
  const namesOf = (dir: string) => {
    const image = images.get(dir);
    return [basename(dir), ...(image ? [image.name, `${image.name}-${image.arch}`] : [])];
  };
  const known = folders.map((dir) => basename(dir));
  for (const missing of names.filter((name) => !folders.some((dir) => namesOf(dir).includes(name)))) {
    const message = `no image ${JSON.stringify(missing)} in the cache; there are: ${known.join(', ') || 'none'}`;
    throw new NotFoundError(message, { what: 'image', missing, known });
  }
  return folders.filter((dir) => namesOf(dir).some((name) => names.includes(name)));
}

/** What is wrong with an image's files, or `null`. */
async function compare(image: CachedImage, signal: AbortSignal | undefined): Promise<string | null> {
  for (const file of image.files) {
    const now = await describeFile(image.dir, file.name, { signal }).catch((error: Error) => error);
    signal?.throwIfAborted();
    if (now instanceof Error) return `${file.name} cannot be read: ${now.message}`;
    if (now.sha256 !== file.sha256)
      return `the SHA-256 of ${file.name} is ${now.sha256}, and was ${file.sha256}`;
  }
  return null;
}

/** How to have an image again. */
function remedyFor(image: CachedImage): string | null {
  const arch = image.arch ? ` --arch ${image.arch}` : '';
  if (image.kind === 'built')
    return IMAGE_NAMES.some((name) => name === image.name)
      ? `jumplead images build ${image.name}${arch}`
      : null;
  const known = CATALOGUE.some(({ name }) => name === image.name);
  if (known) return `jumplead images pull ${image.name}${arch}`;
  const [address, secret] = image.source.split('?');
  return `jumplead images pull ${address}${secret === undefined ? '' : '  # with what was behind its ?'}`;
}
