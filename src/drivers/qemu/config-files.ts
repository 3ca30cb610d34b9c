import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError, type ConfigIssue, ImageError } from '../../core/index.ts';
import { CATALOGUE, findImage, IMAGE_NAMES } from '../../images/index.ts';
import type { QemuConfig } from './config.ts';
import { readImageFile } from './storage/check-image.ts';

/**
 * `config` with the paths of all its files absolute, and that of an image of the cache in place of its name.
 *
 * @throws ConfigError that names every field whose file is missing or may not be read (or written, for a disk that the
 * guest writes). Nothing has been touched then.
 */
export async function locateFiles(given: QemuConfig): Promise<QemuConfig> {
  const config = await withKeptImage(given);
  const issues = (await Promise.all(namedFiles(config).map(check))).flat();
  if (issues.length === 0) return absolute(config);
  const lines = issues.map(({ path, message }) => `  ${path}: ${message}`);
  throw new ConfigError(['qemu: files of the configuration are missing', ...lines].join('\n'), { issues });
}

/** An image that was built or pulled may be called by its name; a file that is called so comes first. */
async function withKeptImage(config: QemuConfig): Promise<QemuConfig> {
  const { image, arch } = config;
  if (image === undefined || !isName(image) || (await isThere(image))) return config;
  const kept = await findImage(image, arch);
  return kept ? { ...config, image: kept.file } : config;
}

/** How an image of that name is to be had, in case that was meant. */
function adviseImage(name: string, arch: string): string {
  if (!isName(name)) return '';
  if (IMAGE_NAMES.some((known) => known === name))
    return `; jumplead images build ${name} --arch ${arch} makes it`;
  const known = CATALOGUE.some((entry) => entry.name === name);
  return known
    ? `; jumplead images pull ${name} --arch ${arch} fetches it`
    : ', nor an image of that name in the cache';
}

const isName = (image: string) => /^[\w.-]+$/.test(image);

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

interface NamedFile {
  readonly field: string;
  readonly path: string | undefined;
  readonly written?: boolean;
  readonly isQcow2?: boolean;
  /** What else is said when it is missing. */
  readonly advice?: string;
}

function namedFiles(config: QemuConfig): NamedFile[] {
  const { cdrom, kernel, initrd, image, firmware, disks, partitions } = config;
  return [
    ...Object.entries({ cdrom, kernel, initrd }).map(([field, path]) => ({ field, path })),
    ...(image === undefined || isUrl(image)
      ? []
      : [{ field: 'image', path: image, advice: adviseImage(image, config.arch) }]),
    ...Object.entries(typeof firmware === 'object' ? firmware : {}).map(([name, path]) => ({
      field: `firmware.${name}`,
      path,
    })),
    ...Object.entries(partitions).map(([name, path]) => ({ field: `partitions.${name}`, path })),
    ...disks.map(({ path, readonly, format }, index) => ({
      field: `disks.${index}.path`,
      path,
      written: !readonly,
      isQcow2: format === 'qcow2',
    })),
  ];
}

async function check({ field, path, written, isQcow2, advice = '' }: NamedFile): Promise<ConfigIssue[]> {
  if (path === undefined) return [];
  try {
    await access(path, written ? constants.R_OK | constants.W_OK : constants.R_OK);
    return isQcow2 ? await checkDisk(field, path) : [];
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code; // SAFE: what Node's file system calls reject with
    const allowed =
      reason === 'ENOENT'
        ? `there is no such file${advice}`
        : `the file must be ${written ? 'writable' : 'readable'} (${reason})`;
    return [{ path: field, message: `got ${JSON.stringify(path)}; ${allowed}` }];
  }
}

/** QEMU opens it by its header, which a stranger may have written: only what it lies over may be another file. */
async function checkDisk(field: string, path: string): Promise<ConfigIssue[]> {
  try {
    const { format } = await readImageFile(path, path, { overlays: true });
    return format === 'qcow2'
      ? []
      : [{ path: field, message: `got ${JSON.stringify(path)}; it is no qcow2 image` }];
  } catch (error) {
    if (error instanceof ImageError)
      return [{ path: field, message: `got ${JSON.stringify(path)}; ${error.reason}` }];
    throw error;
  }
}

function absolute(config: QemuConfig): QemuConfig {
  const { cdrom, kernel, initrd, image, firmware, disks, partitions } = config;
  return {
    ...config,
    ...(cdrom !== undefined && { cdrom: resolve(cdrom) }),
    ...(kernel !== undefined && { kernel: resolve(kernel) }),
    ...(initrd !== undefined && { initrd: resolve(initrd) }),
    ...(image !== undefined && { image: isUrl(image) ? image : resolve(image) }),
    ...(typeof firmware === 'object' && {
      firmware: { code: resolve(firmware.code), vars: resolve(firmware.vars) },
    }),
    disks: disks.map((disk) => ({ ...disk, path: resolve(disk.path) })),
    partitions: Object.fromEntries(
      Object.entries(partitions).map(([name, path]) => [name, path === undefined ? path : resolve(path)]),
    ),
  };
}

const isUrl = (text: string | undefined) => text !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
