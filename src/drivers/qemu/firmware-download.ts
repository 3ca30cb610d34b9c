import { createWriteStream } from 'node:fs';
import { access, mkdir, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type FolderKind,
  ImageError,
  makeLendingDir,
  type OnProgress,
  openOwnedFolder,
  type Progress,
  runTool,
  sweepFolders,
  UnreachableError,
} from '../../core/index.ts';
import { openDownload } from '../../download/index.ts';
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
  const ends = signal ?? new AbortController().signal;
  const tell = onProgress && ((progress: Progress) => onProgress({ ...progress, phase: 'firmware' }));
  try {
    await using download = await openDownload(url, { signal: ends, expected: { sha256 }, onProgress: tell });
    await pipeline(download.chunks, createWriteStream(path), { signal: ends });
  } catch (error) {
    ends.throwIfAborted();
    throw withWayOut(error, release, arch);
  }
}

function withWayOut(error: unknown, { tag, url }: FirmwareRelease, arch: Arch): unknown {
  if (!(error instanceof ImageError || error instanceof UnreachableError)) return error;
  const message = `downloading firmware ${tag}: ${error.message}\n${wayOut(arch)}`;
  return error instanceof ImageError
    ? new ImageError(message, { reason: error.reason, source: url }, { cause: error })
    : new UnreachableError(message, { target: url }, { cause: error });
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

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
