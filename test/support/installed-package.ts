import { mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { build } from '../../scripts/build.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Makes `folder` a project that has installed the package, as it would be published, and all that this checkout has installed. */
export async function installPackage(folder: string): Promise<void> {
  if (!build()) throw new Error('the sources do not compile');
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await execa('npm', args, { cwd: ROOT });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]; // SAFE: npm's own format
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  await execa('tar', ['-xzf', join(folder, filename), '-C', folder]);
  await rename(join(folder, 'package'), join(modules, 'jumplead'));
  const names = (await readdir(join(ROOT, 'node_modules'))).filter((name) => !name.startsWith('.'));
  for (const name of names) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}
