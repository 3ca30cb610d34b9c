/** What people call the commonest reasons. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
};

/** Why a file cannot be read, in words where we have some. */
export function whyUnreadable({ code = '', message }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? (code || message);
}
