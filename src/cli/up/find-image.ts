import type { OnProgress } from '../../core/index.ts';
import { inspectImage } from '../../drivers/qemu/index.ts';
import { buildImage, findImage, IMAGE_NAMES, type ImageArch, pullImage } from '../../images/index.ts';

/** An image that can be flashed. */
export interface FoundImage {
  /** A path or URL. */
  readonly image: string;
  readonly outcome: string;
}

/** A name is one word; a path says that it is one (`./disk`), or has a suffix. */
const NAME = /^[\w.+-]+$/;
const FILE = /\.(?:qcow2|img|raw|iso)(?:\.(?:xz|gz|bz2|zst))?$/i;

/**
 * Finds what a user calls an image: a path or URL as it is, a name among those that are kept; else it is built, or pulled.
 *
 * @throws NotFoundError for a name of none, with what was likely meant; as `buildImage`, `pullImage`
 */
export async function findNamedImage(
  name: string,
  {
    arch,
    signal,
    onProgress,
  }: { readonly arch: ImageArch; readonly signal: AbortSignal; readonly onProgress: OnProgress },
): Promise<FoundImage> {
  if (!NAME.test(name) || FILE.test(name)) return { image: name, outcome: name };
  if (IMAGE_NAMES.some((built) => built === name)) {
    const image = await buildImage({ name, arch, signal, onProgress });
    return { image, outcome: image };
  }
  const kept = await findImage(name, arch, { signal });
  if (kept) return { image: kept.file, outcome: kept.file };
  const pulled = await pullImage({ image: name, arch, signal, onProgress, inspect: inspectImage });
  return { image: pulled.image.file, outcome: pulled.image.file };
}
