import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { availableParallelism, release, userInfo } from 'node:os';
import { hostArch } from '../../drivers/qemu/index.ts';
import type { DeviceFacts, SystemFacts } from './facts.ts';
import { readOsRelease } from './os-release.ts';

const MAC_VERSION = '/System/Library/CoreServices/SystemVersion.plist';

/** What this host is: from a few small files, so that it takes no time worth bounding. */
export async function lookAtSystem(): Promise<SystemFacts> {
  const platform = process.platform;
  const os = readOsRelease(platform, await readText(platform === 'darwin' ? MAC_VERSION : '/etc/os-release'));
  const [cpu, ...marks] = await Promise.all([
    readText('/proc/cpuinfo'),
    readText('/run/systemd/container'),
    ...['/.dockerenv', '/run/.containerenv'].map(exists),
  ]);
  const [, virtualization] = /^flags\s*:.*\b(vmx|svm)\b/m.exec(cpu) ?? [];
  return {
    platform,
    ...os,
    release: release(),
    arch: hostArch() ?? null,
    cpus: availableParallelism(),
    container: marks.some(Boolean),
    virtualization: virtualization === 'vmx' || virtualization === 'svm' ? virtualization : null,
    root: process.getuid?.() === 0,
  };
}

/** Whether we may read and write a device node, and who may. Nothing is opened. */
export async function lookAtDevice(path: string): Promise<DeviceFacts> {
  const denied = await access(path, constants.R_OK | constants.W_OK).then(
    () => undefined,
    ({ code }: NodeJS.ErrnoException) => code ?? 'unknown',
  );
  if (denied === 'ENOENT') return { path, access: 'missing', group: null, member: false };
  const { gid } = await stat(path);
  const [line = ''] = (await readText('/etc/group'))
    .split('\n')
    .filter((text) => text.split(':')[2] === `${gid}`);
  const [group = null, , , members = ''] = line === '' ? [] : line.split(':');
  const member = members.split(',').includes(userName());
  return { path, access: denied === undefined ? 'granted' : 'denied', group, member };
}

/** A container may run us as a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

const readText = (path: string) => readFile(path, 'utf8').catch(() => '');

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
