import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnProgress } from '../core/index.ts';
import { openPrivateApt } from './apt-download.ts';
import { readAptAccess } from './apt-sources.ts';
import { arches, checkArch } from './arches.ts';
import { type CacheOptions, cachedBuild } from './cache.ts';
import { describeFile } from './digest.ts';
import { makeInitramfs } from './initramfs.ts';
import type { CachedFile } from './kept.ts';
import { findKernel } from './kernel-file.ts';
import { createPhases, type Phases } from './phases.ts';
import { type TinyRecipe, tinyAppend, tinyRecipe } from './tiny-recipe.ts';
import { checkImageTools, imageTools } from './tools.ts';

/** What QEMU's direct kernel boot takes: `-kernel`, `-initrd`, `-append`. */
export interface TinyGuest {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

/** For which architecture, and with what on the kernel's command line. */
export interface BuildTinyGuestOptions extends CacheOptions {
  /** One of `IMAGE_ARCHES`. */
  readonly arch: string;
  /**
   * Root's password. With one, every console shows `tiny login: `; without, a root shell with the prompt
   * `root@tiny:~# `. It becomes the kernel option `jumplead.password`, which everybody on the guest can read.
   */
  readonly password?: string | undefined;
  /** Phases: `check`, `download`, `initramfs`; none when the guest is in the cache. */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * A guest that boots within seconds, also under software emulation: Debian's kernel with an initramfs of busybox that
 * stays in memory. It has a console on the first serial port and on the screen; disks (virtio, with ext4, vfat, iso9660;
 * nothing is mounted by itself: `mount /dev/vda /mnt`); network by DHCP on every card; it switches off at the power
 * button, reports panics through pvpanic, and `echo c >/proc/sysrq-trigger` makes one.
 *
 * Comes out of the cache if it was built by the same recipe before. Needs no privileges, and no emulation of the
 * guest's architecture.
 *
 * @throws ConfigError for an unknown architecture or a password that the command line cannot carry; LaunchError when a
 * program is missing or fails; the signal's reason when that aborts.
 */
export async function buildTinyGuest(options: BuildTinyGuestOptions): Promise<TinyGuest> {
  const { onProgress, signal, cache, password } = options;
  const recipe = tinyRecipe(checkArch(options.arch));
  const append = tinyAppend(recipe, password);
  const phases = createPhases(onProgress);
  const image = await cachedBuild(recipe, (work) => buildTiny(recipe, work, phases, signal), {
    signal,
    cache,
  });
  return { kernel: join(image.dir, KERNEL), initrd: join(image.dir, INITRD), append };
}

const KERNEL = 'vmlinuz';
const INITRD = 'initrd.img';

async function buildTiny(
  recipe: TinyRecipe,
  work: string,
  phases: Phases,
  signal: AbortSignal | undefined,
): Promise<CachedFile[]> {
  phases.begin('check');
  await checkImageTools(imageTools('tiny', recipe.arch));
  const access = await readAptAccess(recipe.suite, { signal });

  phases.begin('download');
  const apt = await openPrivateApt(join(work, 'apt'), arches[recipe.arch].debian, access, { signal });
  const parts = join(work, 'parts');
  await apt.unpack(await apt.firstDependency(recipe.kernelPackage), parts);
  await apt.unpack(recipe.shellPackage, parts);

  phases.begin('initramfs');
  const out = join(work, 'out');
  const kernel = await findKernel(join(parts, 'boot'));
  await copyFile(join(parts, 'boot', kernel), join(out, KERNEL));
  const initramfs = await makeInitramfs({
    busybox: join(parts, 'bin/busybox'),
    modulesDir: join(parts, 'lib/modules', kernel.replace('vmlinuz-', '')),
    modules: recipe.modules,
    tree: recipe.tree,
  });
  await writeFile(join(out, INITRD), initramfs);
  const files = [await describeFile(out, KERNEL, { signal }), await describeFile(out, INITRD, { signal })];
  phases.advance(initramfs.length);
  return files;
}
