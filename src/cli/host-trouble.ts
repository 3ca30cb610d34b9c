import { cacheDir, stateDir } from '../core/index.ts';

/** What a file system refuses for reasons of its own. That a file is not there may as well be a mistake of ours. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not do that',
  EPERM: 'this user may not do that',
  EROFS: 'it is mounted read-only',
  ENOTDIR: 'there is a file where a folder must be',
  EEXIST: 'something else is there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EMFILE: 'this process may open no more files',
  ENFILE: 'this host can open no more files',
  ELOOP: 'its symbolic links lead nowhere',
  ENAMETOOLONG: 'its path is too long',
};

/** What is to be said of an error that is none of ours but the host's: `undefined` for every other. */
export function hostTrouble(error: Error): string | undefined {
  const { code = '', path, syscall } = error as NodeJS.ErrnoException; // SAFE: they are only looked at
  const reason = REASONS[code];
  if (reason === undefined || typeof path !== 'string' || syscall === undefined) return undefined;
  const [, advice] = places().find(([folder]) => path.startsWith(folder)) ?? [];
  return [`${path}: ${reason} (${syscall}: ${code})`, ...(advice ? [advice] : [])].join('\n');
}

const places = () =>
  [
    [cacheDir(), 'JUMPLEAD_CACHE names another folder for what is kept'],
    [stateDir(), 'XDG_STATE_HOME names another folder for what machines need while they live'],
  ] as const;
