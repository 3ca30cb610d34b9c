import { tmpdir } from 'node:os';
import { sep } from 'node:path';
import { cacheDir, stateDir, systemReason } from '../core/index.ts';

/** What is to be said of an error that is none of ours but the host's: `undefined` for every other. */
export function hostTrouble(error: Error): string | undefined {
  const { code = '', path, syscall }: NodeJS.ErrnoException = error;
  const reason = reasonOf(error);
  if (reason === undefined || typeof path !== 'string' || syscall === undefined) return undefined;
  return [`${path}: ${reason} (${syscall}: ${code})`, ...adviceFor(path)].join('\n');
}

/** That a file is not there, or not of the right kind, may as well be a mistake of ours; a folder that is to be made is none. */
function reasonOf(error: NodeJS.ErrnoException): string | undefined {
  const { code, syscall } = error;
  if (code === 'ENOENT') return syscall === 'mkdir' ? 'no folder can be made there' : undefined;
  return code === 'EISDIR' ? undefined : systemReason(error);
}

/** The variables that decide about `path`. */
function adviceFor(path: string): string[] {
  const places = [
    [cacheDir(), ['JUMPLEAD_CACHE', 'XDG_CACHE_HOME'], 'what is kept'],
    [stateDir(), ['XDG_STATE_HOME'], 'what machines need while they live'],
    [process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), ['XDG_RUNTIME_DIR', 'TMPDIR'], 'sockets'],
  ] as const;
  // The innermost that holds it: one of ours may lie in that for temporary files.
  const holding = places
    .filter(([folder]) => isWithin(path, folder))
    .toSorted(([one], [other]) => other.length - one.length);
  const meant =
    holding.length > 0 ? holding.slice(0, 1) : places.filter(([folder]) => isWithin(folder, path));
  return meant.map(([, names, what]) => {
    const set = names.find((name) => process.env[name]);
    if (set === undefined) return `${names[0]} names another folder for ${what}`;
    return `${set} is ${process.env[set]}: it must be a folder for ${what} that this user may make and write to`;
  });
}

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(folder + sep);
