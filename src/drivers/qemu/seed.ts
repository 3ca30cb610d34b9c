import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, LaunchError, runTool, type WaitOptions } from '../../core/index.ts';
import type { Seed } from './cloud-init.ts';

/** Programs that make an ISO, any of which will do, the least surprising first. */
const MAKERS = ['genisoimage', 'mkisofs', 'xorrisofs', 'xorriso'] as const;
const HINT = 'install one of the packages genisoimage, xorriso or cdrtools';

export interface WriteSeedOptions extends Pick<WaitOptions, 'signal'> {
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Writes the seed as an ISO labelled CIDATA, readable by its owner only: there is a password in it. The file appears whole.
 *
 * @throws LaunchError that names the packages when no program that makes an ISO is installed.
 */
export async function writeSeed(path: string, seed: Seed, options: WriteSeedOptions = {}): Promise<void> {
  const maker = await findProgram(MAKERS, options.env);
  if (maker === undefined) throw missing();
  const folder = await mkdtemp(join(dirname(path), '.seed-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const names = await writeFiles(folder, seed);
  const iso = join(folder, 'seed.iso');
  const mode = maker.endsWith('/xorriso') ? ['-as', 'mkisofs'] : [];
  const args = [...mode, '-quiet', '-output', iso, '-volid', 'CIDATA', '-joliet', '-rock', ...names];
  await runTool(maker, args, { cwd: folder, hint: HINT, signal: options.signal });
  await chmod(iso, 0o600);
  await rename(iso, path);
}

async function writeFiles(folder: string, seed: Seed): Promise<string[]> {
  const files = {
    'meta-data': seed.metaData,
    'user-data': seed.userData,
    ...(seed.networkConfig !== undefined && { 'network-config': seed.networkConfig }),
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, name), text, { mode: 0o600 });
  return Object.keys(files);
}

function missing(): LaunchError {
  const command = MAKERS.join(' | ');
  return new LaunchError(
    `making the cloud-init seed: none of ${MAKERS.join(', ')} is installed; ${HINT}`,
    { command, exitCode: null, signal: null, stderr: '', hint: HINT },
    { operation: 'power.on' },
  );
}
