import { cacheDir, stateDir, systemReason } from '../core/index.ts';

/** That a file is not there, or not of the right kind, may as well be a mistake of ours. */
const PERHAPS_OURS = ['ENOENT', 'EISDIR'];

/** What is to be said of an error that is none of ours but the host's: `undefined` for every other. */
export function hostTrouble(error: Error): string | undefined {
  const { code = '', path, syscall }: NodeJS.ErrnoException = error;
  const reason = PERHAPS_OURS.includes(code) ? undefined : systemReason(error);
  if (reason === undefined || typeof path !== 'string' || syscall === undefined) return undefined;
  const [, advice] = places().find(([folder]) => path.startsWith(folder)) ?? [];
  return [`${path}: ${reason} (${syscall}: ${code})`, ...(advice ? [advice] : [])].join('\n');
}

const places = () =>
  [
    [cacheDir(), 'JUMPLEAD_CACHE names another folder for what is kept'],
    [stateDir(), 'XDG_STATE_HOME names another folder for what machines need while they live'],
  ] as const;
