import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type FolderKind,
  ImageError,
  isDutError,
  makeLendingDir,
  type OnProgress,
  openOwnedFolder,
  runTool,
  sweepFolders,
  UnreachableError,
} from '../../core/index.ts';
import { type Arch, architectureOf } from './architectures.ts';
import type { UefiFirmware } from './firmware-descriptors.ts';

/** A release of prebuilt firmware: one archive with all architectures, whose digest is known. */
export interface FirmwareRelease {
  readonly tag: string;
  readonly url: string;
  /** SHA-256 of the archive. */
  readonly sha256: string;
}

const TAG = 'edk2-stable202605-r1';

/** The EDK II build of the rust-osdev project that is used where the host has no firmware of its own. */
export const PREBUILT: FirmwareRelease = {
  tag: TAG,
  url: `https://github.com/rust-osdev/ovmf-prebuilt/releases/download/${TAG}/${TAG}-bin.tar.xz`,
  sha256: '8ae4d2d73161cc2335f5675d3b8b6edfa0642301679764a246940488ea3ce20d',
};

export interface DownloadOptions {
  /** Where it is kept: in `firmware/<tag>`. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * The firmware of `release` for `arch`: from the cache, or downloaded, checked and extracted.
 *
 * The folder in the cache appears whole or not at all. @throws UnreachableError when the archive cannot be had, ImageError
 * when it is not the one that is expected; both name a way out.
 */
export async function downloadFirmware(
  release: FirmwareRelease,
  arch: Arch,
  options: DownloadOptions,
): Promise<UefiFirmware> {
  const folder = folderOf(release, options.cacheDir);
  if (!(await exists(folder))) await fill(folder, release, arch, options);
  return firmwareIn(folder, release, arch);
}

/** The firmware of `release` for `arch`, if it was downloaded before. */
export async function findDownloaded(
  release: FirmwareRelease,
  arch: Arch,
  cacheDir: string,
): Promise<UefiFirmware | undefined> {
  const folder = folderOf(release, cacheDir);
  return (await exists(folder)) ? firmwareIn(folder, release, arch) : undefined;
}

const folderOf = ({ tag }: FirmwareRelease, cacheDir: string) => join(cacheDir, 'firmware', tag);

/** The folders of downloads that are going on. */
export const downloadFolders = (cacheDir: string): FolderKind => ({
  parent: join(cacheDir, 'firmware'),
  prefix: '.new-',
});

function firmwareIn(folder: string, release: FirmwareRelease, arch: Arch): UefiFirmware {
  const { prebuiltFolder } = architectureOf(arch);
  return {
    kind: 'uefi',
    description: `EDK II prebuilt, ${release.tag}`,
    code: { path: join(folder, prebuiltFolder, 'code.fd'), format: 'raw' },
    vars: { path: join(folder, prebuiltFolder, 'vars.fd'), format: 'raw' },
  };
}

async function fill(
  folder: string,
  release: FirmwareRelease,
  arch: Arch,
  options: DownloadOptions,
): Promise<void> {
  const kind = downloadFolders(options.cacheDir);
  await makeLendingDir(kind.parent);
  await sweepFolders(kind);
  await using own = await openOwnedFolder(kind);
  const scratch = own.path;
  const archive = join(scratch, 'archive.tar.xz');
  await fetchArchive(release, archive, arch, options);
  const unpacked = join(scratch, 'unpacked');
  await mkdir(unpacked);
  await runTool('tar', ['-xJf', archive, '-C', unpacked, '--strip-components=1'], {
    hint: 'install the packages tar and xz-utils',
    signal: options.signal,
  });
  await padFlash(unpacked);
  await rename(unpacked, folder).catch(async (error: unknown) => {
    // Somebody else was quicker, with the same release.
    if (!(await exists(folder))) throw error;
  });
}

async function fetchArchive(
  release: FirmwareRelease,
  path: string,
  arch: Arch,
  { signal, onProgress }: DownloadOptions,
): Promise<void> {
  const { url, sha256 } = release;
  const hash = createHash('sha256');
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok || !response.body)
      throw unreachable(url, arch, `the server answered ${response.status}`);
    const total = Number(response.headers.get('content-length')) || null;
    const tee = watch((chunk) => hash.update(chunk), total, onProgress);
    await pipeline(Readable.fromWeb(response.body), tee, createWriteStream(path), { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (isDutError(error)) throw error;
    throw unreachable(url, arch, reasonOf(error), error);
  }
  const digest = hash.digest('hex');
  if (digest === sha256) return;
  const reason = `its SHA-256 is ${digest}, expected ${sha256}`;
  throw new ImageError(`downloading firmware: ${url} is not ${release.tag}: ${reason}\n${wayOut(arch)}`, {
    reason,
    source: url,
  });
}

function watch(see: (chunk: Buffer) => void, total: number | null, onProgress?: OnProgress): Transform {
  const start = performance.now();
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk);
      bytes += chunk.length;
      const rate = Math.round((bytes * 1_000) / Math.max(1, performance.now() - start));
      onProgress?.({ phase: 'firmware', bytes, total, rate });
      done(null, chunk);
    },
  });
}

/** Brings flash files up to the size that their machine insists on. */
async function padFlash(folder: string): Promise<void> {
  for (const arch of ['x86_64', 'aarch64'] as const) {
    const { prebuiltFolder, flashSize } = architectureOf(arch);
    for (const name of flashSize === null ? [] : ['code.fd', 'vars.fd']) {
      const path = join(folder, prebuiltFolder, name);
      const { size } = await stat(path);
      if (flashSize !== null && size < flashSize) await truncate(path, flashSize);
    }
  }
}

const wayOut = (arch: Arch) =>
  `Install QEMU's firmware for ${arch} (Debian: ${architectureOf(arch).packages.firmware}), or name its files in firmware: {code, vars}.`;

function unreachable(url: string, arch: Arch, reason: string, cause?: unknown): UnreachableError {
  const message = `downloading firmware: ${url}: ${reason}\n${wayOut(arch)}`;
  return new UnreachableError(message, { target: url }, { cause });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
