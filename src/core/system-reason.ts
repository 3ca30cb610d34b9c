/** What people call the errors of a system. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'there is a file where a folder must be',
  EEXIST: 'there is something else of that name',
  EACCES: 'this user may not do that',
  EPERM: 'this user may not do that',
  EROFS: 'it is mounted read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EMFILE: 'this process may open no more files',
  ENFILE: 'this host can open no more files',
  ELOOP: 'its symbolic links lead nowhere',
  ENAMETOOLONG: 'its path is too long',
  EADDRINUSE: 'another program listens there already',
  EADDRNOTAVAIL: 'this host has no such address',
};

/** What a system's error says, in words; `undefined` where we have none. */
export function systemReason({ code = '' }: NodeJS.ErrnoException): string | undefined {
  return REASONS[code];
}
