import { NotFoundError } from '../../core/index.ts';
import type { SpooledFile } from './spool.ts';

/** What was flashed, by the name of its partition. */
export type FlashedImages = Map<string, SpooledFile>;

/** The partition that is meant where none is named. */
export const ROOT = 'root';

/** The image in `partition`. @throws NotFoundError when nothing was flashed there. */
export function findImage(images: FlashedImages, partition: string | null | undefined): SpooledFile {
  const missing = partition ?? ROOT;
  const image = images.get(missing);
  if (image) return image;
  const known = [...images.keys()];
  const there = known.length === 0 ? 'nothing was' : `only ${known.join(', ')} was`;
  throw new NotFoundError(`no image in ${missing}: ${there} flashed`, { what: 'image', missing, known });
}
