import { ConfigError, type OnProgress } from '../core/index.ts';
import { checkArch } from './arches.ts';
import { buildDebian } from './build-debian.ts';
import { type CacheOptions, cachedBuild } from './cache.ts';
import { debianRecipe } from './debian-recipe.ts';
import { createPhases } from './phases.ts';
import { thisHost } from './tools.ts';

/** The images that {@link buildImage} can make. */
export const IMAGE_NAMES = ['debian-12'] as const;

/** Which image, and who wants to know how far it is. */
export interface BuildImageOptions extends CacheOptions {
  /** One of {@link IMAGE_NAMES}. */
  readonly name: string;
  /** One of `IMAGE_ARCHES`. */
  readonly arch: string;
  /**
   * Phases: `check`, `package lists`, `download`, `install`, `collect`, `boot files`, `file system`, `convert`; none
   * when the image is in the cache.
   */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * The path of a real, bootable disk image (qcow2): Debian 12 with systemd-boot for UEFI, cloud-init (NoCloud), OpenSSH,
 * SELinux enforcing once cloud-init is done, the QEMU guest agent, and a login on the serial console and the screen.
 * Without cloud-init data nobody can log in.
 *
 * Comes out of the cache if it was built by the same recipe before; else it is built, which takes minutes. Two calls at
 * once build once. The file is never changed afterwards: use an overlay or a copy.
 *
 * @throws ConfigError for an unknown name or architecture; LaunchError when a program is missing or fails; the
 * signal's reason when that aborts (and nothing is left behind).
 */
export async function buildImage(options: BuildImageOptions): Promise<string> {
  const { onProgress, signal, cache } = options;
  checkName(options.name);
  const recipe = debianRecipe(checkArch(options.arch));
  const phases = createPhases(onProgress);
  const image = await cachedBuild(
    recipe,
    (work) => buildDebian(recipe, work, { phases, host: thisHost(), signal }),
    { signal, cache },
  );
  return image.file;
}

function checkName(name: string): void {
  if (IMAGE_NAMES.some((known) => known === name)) return;
  const message = `${JSON.stringify(name)} is not an image that can be built; allowed: ${IMAGE_NAMES.join(', ')}`;
  throw new ConfigError(`invalid name: ${message}`, { issues: [{ path: 'name', message }] });
}
