import type { OnProgress } from '../core/index.ts';
import { inspectImage } from '../drivers/qemu/index.ts';
import { findImage, type ImageArch, pullImage } from '../images/index.ts';

/** For which machine an image is, and what having it may take. */
export interface ImageSearch {
  readonly arch: ImageArch;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** The path of an image by its name: as it is kept, however old, else pulled. @throws as `pullImage` */
export async function keptOrPulled(
  image: string,
  { arch, signal, onProgress }: ImageSearch,
): Promise<string> {
  const kept = await findImage(image, arch, { signal });
  if (kept) return kept.file;
  const pulled = await pullImage({ image, arch, signal, onProgress, inspect: inspectImage });
  return pulled.image.file;
}
