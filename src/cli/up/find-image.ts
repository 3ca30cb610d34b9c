import { buildImage, IMAGE_NAMES } from '../../images/index.ts';
import { type ImageSearch, keptOrPulled } from '../kept-or-pulled.ts';

/** A name is one word; a path says that it is one (`./disk`), or has a suffix. */
const NAME = /^[\w.+-]+$/;
const FILE = /\.(?:qcow2|img|raw|iso)(?:\.(?:xz|gz|bz2|zst))?$/i;

/**
 * The path or URL of what a user calls an image: a path or URL as it is, a name among those that are kept; else it is built, or pulled.
 *
 * @throws NotFoundError for a name of none, with what was likely meant; as `buildImage`, `pullImage`
 */
export async function findNamedImage(name: string, search: ImageSearch): Promise<string> {
  if (!NAME.test(name) || FILE.test(name)) return name;
  if (!IMAGE_NAMES.some((built) => built === name)) return await keptOrPulled(name, search);
  return await buildImage({ name, ...search });
}
