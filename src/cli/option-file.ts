import { readFile } from 'node:fs/promises';
import { mistake } from '../core/index.ts';

/** What people call the commonest reasons. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
};

/** Reads the text file that an option or variable names. @throws ConfigError that begins with `option` and says why it cannot be read */
export async function readOptionFile(option: string, file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(({ code = '', message }: NodeJS.ErrnoException) => {
    throw mistake(option, `cannot read ${file}: ${REASONS[code] ?? (code || message)}`);
  });
}
