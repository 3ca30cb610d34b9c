import { copyFile, mkdir, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, runTool } from '../core/index.ts';
import { readAptAccess } from './apt-sources.ts';
import { ensureEmulation } from './binfmt.ts';
import * as plan from './debian-plan.ts';
import type { DebianRecipe } from './debian-recipe.ts';
import { describeFile } from './digest.ts';
import { makeInitramfs } from './initramfs.ts';
import type { CachedFile } from './kept.ts';
import { findKernel } from './kernel-file.ts';
import { ensureNamespaces } from './namespaces.ts';
import type { Phases } from './phases.ts';
import type { TreeEntry } from './recipe.ts';
import { type BuildHost, checkImageTools, imageTools, toolPath } from './tools.ts';

/** What a build needs besides its recipe. */
export interface BuildContext {
  readonly phases: Phases;
  readonly host: BuildHost;
  readonly signal: AbortSignal | undefined;
}

/** Makes the Debian image of `recipe` in the folder `work`, and names the files to keep from `work/out`. */
export async function buildDebian(
  recipe: DebianRecipe,
  work: string,
  context: BuildContext,
): Promise<CachedFile[]> {
  const { phases, host, signal } = context;
  const files = plan.buildFiles(work);
  const run = async ([program, ...args]: plan.Command, onLine?: (line: string) => void) => {
    // Root's temporary files go where ours are, so that they are cleaned up with ours.
    const env = {
      PATH: toolPath(),
      LC_ALL: 'C.UTF-8',
      MTOOLS_SKIP_CHECK: '1',
      ...(host.isRoot && { TMPDIR: work }),
    };
    await runTool(program, args, { signal, env, ...(onLine && { onLine }) });
  };

  phases.begin('check');
  await checkImageTools(imageTools('debian-12', recipe.arch, host));
  await ensureNamespaces(host, { signal });
  await ensureEmulation(recipe.arch, host, { signal });
  const access = await readAptAccess(recipe.suite, { signal });

  await run(plan.planPackages(recipe, access, host, files), (line) => {
    const phase = plan.packagePhase(line);
    if (phase) phases.begin(phase);
  });
  phases.advance((await stat(files.rootTar)).size);

  phases.begin('boot files');
  const parts = join(work, 'parts');
  await mkdir(parts);
  await run(plan.planBootParts(files, parts));
  await writeEsp(recipe, parts, files.esp);

  phases.begin('file system');
  const tree = join(work, 'tree');
  await writeTree(tree, recipe.tree);
  await run(plan.planTree(files, tree));
  await writeFile(files.disk, '');
  await truncate(files.disk, recipe.disk.size * 2 ** 20);
  await runTool('sfdisk', ['--quiet', files.disk], {
    signal,
    env: { PATH: toolPath() },
    input: plan.planPartitions(recipe),
  });
  for (const command of plan.planEsp(recipe, files, await readdir(files.esp))) await run(command);
  await run(plan.planRootFs(recipe, host, files));

  phases.begin('convert');
  await rm(files.rootTar);
  await run(plan.planConvert(files));
  const image = await describeFile(join(work, 'out'), plan.DISK_IMAGE, { signal });
  phases.advance(image.size, image.size);
  return [image];
}

/** The folder that becomes the ESP: boot loader, kernel, initramfs. */
async function writeEsp(recipe: DebianRecipe, parts: string, esp: string): Promise<void> {
  const { loader, loaderOnEsp } = recipe.boot;
  const loaderFolder = join(esp, 'EFI/BOOT');
  await makeFolder(loaderFolder);
  await copyFile(join(parts, 'usr/lib/systemd/boot/efi', loader), join(loaderFolder, loaderOnEsp));
  const kernel = await findKernel(join(parts, 'boot'));
  await copyFile(join(parts, 'boot', kernel), join(esp, 'vmlinuz'));
  const initramfs = await makeInitramfs({
    busybox: join(parts, 'usr/bin/busybox'),
    modulesDir: join(parts, 'usr/lib/modules', kernel.replace('vmlinuz-', '')),
    modules: recipe.initramfs.modules,
    tree: [{ path: '/init', text: recipe.initramfs.init, mode: 0o755 }],
  });
  await writeFile(join(esp, 'initrd.img'), initramfs);
  for (const [path, text] of Object.entries(plan.planLoader(recipe))) {
    await makeFolder(dirname(join(esp, path)));
    await writeFile(join(esp, path), text);
  }
}

async function writeTree(root: string, entries: readonly TreeEntry[]): Promise<void> {
  for (const entry of entries) {
    const path = join(root, entry.path);
    await makeFolder(dirname(path));
    if ('link' in entry) await symlink(entry.link, path);
    else await writeFile(path, entry.text, { mode: entry.mode ?? 0o644 });
  }
}
