import { readFile, writeFile } from 'node:fs/promises';
import { DutError, LaunchError, runTool } from '../core/index.ts';
import { arches, type ImageArch } from './arches.ts';
import type { BuildHost } from './tools.ts';

const DIR = '/proc/sys/fs/binfmt_misc';

/**
 * Makes sure that programs of `arch` run on this host, where they are not the host's own: the kernel hands them to
 * QEMU's user emulation. Mounts binfmt_misc and registers the emulator if need be, for which it takes root.
 *
 * @throws LaunchError saying what to do as root.
 */
export async function ensureEmulation(
  arch: ImageArch,
  host: BuildHost,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { node, emulator } = arches[arch];
  if (host.arch === node || (await isEnabled(emulator))) return;
  try {
    if ((await readText(`${DIR}/status`)) === undefined) {
      await runTool('mount', ['-t', 'binfmt_misc', 'binfmt_misc', DIR], options);
    }
    if (!(await isEnabled(emulator))) await register(emulator);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw cannotEmulate(arch, emulator, host, error);
  }
}

async function register(emulator: string): Promise<void> {
  const line = await readFile(`/usr/lib/binfmt.d/${emulator}.conf`, 'utf8');
  await writeFile(`${DIR}/register`, line.trim());
}

async function isEnabled(emulator: string): Promise<boolean> {
  return (await readText(`${DIR}/${emulator}`))?.startsWith('enabled') ?? false;
}

const readText = async (path: string) => await readFile(path, 'utf8').catch(() => undefined);

function cannotEmulate(arch: ImageArch, emulator: string, host: BuildHost, cause: unknown): LaunchError {
  const hint = [
    'as root: apt-get install qemu-user-static;',
    `mountpoint -q ${DIR} || mount -t binfmt_misc binfmt_misc ${DIR};`,
    `cat /usr/lib/binfmt.d/${emulator}.conf > ${DIR}/register`,
  ].join(' ');
  const reason = cause instanceof Error ? cause.message : String(cause);
  const stderr = cause instanceof DutError && 'stderr' in cause ? String(cause.stderr) : reason;
  const who = host.isRoot ? '' : ' (and this user may not change that)';
  return new LaunchError(
    `cannot run programs of ${arch} on this host: the kernel has no emulator for them${who}\n${reason}\n${hint}`,
    { command: `register ${emulator}`, exitCode: null, signal: null, stderr, hint },
    { cause },
  );
}
