import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { LaunchError } from '../core/index.ts';
import { arches, type ImageArch } from './arches.ts';

/** A program (or a file, when it begins with `/`) that building needs, and the Debian package that has it. */
export interface ImageTool {
  readonly program: string;
  readonly package: string;
}

const TINY_TOOLS: readonly ImageTool[] = [
  { program: 'apt-get', package: 'apt' },
  { program: 'dpkg-deb', package: 'dpkg' },
  { program: 'flock', package: 'util-linux' },
  { program: '/usr/share/keyrings/debian-archive-keyring.gpg', package: 'debian-archive-keyring' },
];

const IMAGE_TOOLS: readonly ImageTool[] = [
  ...TINY_TOOLS,
  { program: 'mmdebstrap', package: 'mmdebstrap' },
  { program: 'unshare', package: 'util-linux' },
  { program: 'setpriv', package: 'util-linux' },
  { program: 'tar', package: 'tar' },
  { program: 'sfdisk', package: 'fdisk' },
  { program: 'mformat', package: 'mtools' },
  { program: 'mcopy', package: 'mtools' },
  { program: 'setfiles', package: 'policycoreutils' },
  { program: 'mke2fs', package: 'e2fsprogs' },
  { program: 'qemu-img', package: 'qemu-utils' },
];

/** What the caller is and where it runs; taken from the process unless a test says otherwise. */
export interface BuildHost {
  /** `process.arch`. */
  readonly arch: string;
  readonly isRoot: boolean;
}

/** This process's own host. */
export function thisHost(): BuildHost {
  return { arch: process.arch, isRoot: process.getuid?.() === 0 };
}

/** Every program that building needs on that host, with its package: what to install, and what is checked first. */
export function imageTools(
  what: 'debian-12' | 'tiny',
  arch: ImageArch,
  host: BuildHost = thisHost(),
): ImageTool[] {
  if (what === 'tiny') return [...TINY_TOOLS];
  const foreign = host.arch !== arches[arch].node;
  return [
    ...IMAGE_TOOLS,
    ...(host.isRoot ? [] : [{ program: 'newuidmap', package: 'uidmap' }]),
    ...(foreign
      ? [
          { program: 'arch-test', package: 'arch-test' },
          { program: `${arches[arch].emulator}-static`, package: 'qemu-user-static' },
        ]
      : []),
  ];
}

/** The folders in which programs are looked for: `PATH`, and those of the administrator that a user's may lack. */
export function toolPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const dirs = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return [...new Set([...dirs, '/usr/sbin', '/sbin'])].join(delimiter);
}

/** Those of `tools` that are not there. */
export async function missingImageTools(
  tools: readonly ImageTool[],
  path: string = toolPath(),
): Promise<ImageTool[]> {
  const found = await Promise.all(tools.map(async (tool) => await isThere(tool.program, path)));
  return tools.filter((_tool, index) => !found[index]);
}

/** Makes sure that all of them are there. @throws LaunchError naming what is missing and the packages to install. */
export async function checkImageTools(tools: readonly ImageTool[], path: string = toolPath()): Promise<void> {
  const missing = await missingImageTools(tools, path);
  if (missing.length === 0) return;
  const names = missing.map(({ program }) => program).join(', ');
  const hint = `install: apt-get install ${[...new Set(missing.map((tool) => tool.package))].join(' ')}`;
  throw new LaunchError(`cannot build the image: ${names} not found\n${hint}`, {
    command: names,
    exitCode: null,
    signal: null,
    stderr: '',
    hint,
  });
}

async function isThere(program: string, path: string): Promise<boolean> {
  const places = program.startsWith('/') ? [program] : path.split(delimiter).map((dir) => join(dir, program));
  const mode = program.startsWith('/') ? constants.R_OK : constants.X_OK;
  const results = await Promise.allSettled(places.map(async (place) => await access(place, mode)));
  return results.some(({ status }) => status === 'fulfilled');
}
