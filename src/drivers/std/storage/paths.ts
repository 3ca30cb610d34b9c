import { posix } from 'node:path';
import { ConfigError } from '../../../core/index.ts';

/** `path`, if it stays within the storage. @throws ConfigError when it leads upwards: opendal would follow it out of its root */
export function checkPath(path: string, argument = 'path'): string {
  const problem = path.includes('\0')
    ? 'it has a zero byte'
    : path.split(/[/\\]/).includes('..') && 'it leads out of the folder by ".."';
  if (!problem) return path;
  const message = `got ${JSON.stringify(path)}; ${problem}`;
  throw new ConfigError(`argument ${argument}: ${message}`, { issues: [{ path: argument, message }] });
}

/** As `getCreatedResources` tells it: without slashes at its ends, dots and the like. */
export function normalizePath(path: string): string {
  const normal = posix.normalize(path.replaceAll('\\', '/')).replace(/^\/+|\/+$/g, '');
  return normal === '.' ? '' : normal;
}
