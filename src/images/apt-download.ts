import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError, makeFolder, runTool } from '../core/index.ts';
import { type AptAccess, sourceLine } from './apt-sources.ts';

/** An apt of its own, which knows one suite for one architecture and leaves the host's alone. */
export interface PrivateApt {
  /** The first package that `name` depends on. @throws ImageError when it has none. */
  firstDependency(name: string): Promise<string>;
  /** Downloads the package, verified, and unpacks its files into the folder `to`; installs nothing. */
  unpack(name: string, to: string): Promise<void>;
}

/** The configuration for apt: everything below `dir`. */
export function aptConfig(dir: string, debianArch: string, access: AptAccess): string {
  return [
    `Dir "${dir}";`,
    `Dir::State::status "${dir}/status";`,
    'Dir::Etc::parts "none";',
    'Dir::Etc::main "none";',
    `APT::Architecture "${debianArch}";`,
    `APT::Architectures { "${debianArch}"; };`,
    'Acquire::Languages "none";',
    // The folder is ours alone, so apt's own user could not write to it.
    'APT::Sandbox::User "";',
    ...access.options,
    '',
  ].join('\n');
}

/** Sets up a private apt in the folder `dir` and fetches the package lists. */
export async function openPrivateApt(
  dir: string,
  debianArch: string,
  access: AptAccess,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<PrivateApt> {
  for (const folder of ['etc/apt', 'var/lib/apt/lists/partial', 'var/cache/apt/archives/partial', 'debs']) {
    await makeFolder(join(dir, folder));
  }
  const config = join(dir, 'apt.conf');
  await writeFile(config, aptConfig(dir, debianArch, access));
  await writeFile(join(dir, 'status'), '');
  await writeFile(join(dir, 'etc/apt/sources.list'), `${access.sources.map(sourceLine).join('\n')}\n`);
  const env = { APT_CONFIG: config, LC_ALL: 'C.UTF-8' };
  await runTool('apt-get', ['update', '-q'], { env, ...options });
  return {
    async firstDependency(name) {
      const { stdout } = await runTool('apt-cache', ['depends', '--important', name], { env, ...options });
      const [, first] = /^\s*Depends: (\S+)$/m.exec(stdout) ?? [];
      if (first) return first;
      const message = `package ${name} depends on nothing; expected the name of a kernel package`;
      throw new ImageError(message, { reason: 'unexpected package', source: name });
    },
    async unpack(name, to) {
      const debs = join(dir, 'debs', name);
      await mkdir(debs);
      await makeFolder(to);
      await runTool('apt-get', ['download', '-q', name], { env, cwd: debs, ...options });
      for (const deb of await readdir(debs)) await runTool('dpkg-deb', ['-x', join(debs, deb), to], options);
    },
  };
}
