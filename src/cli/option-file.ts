import { readFile } from 'node:fs/promises';
import { mistake, systemReason } from '../core/index.ts';

/** Reads the text file that an option or variable names. @throws ConfigError that begins with `option` and says why it cannot be read */
export async function readOptionFile(option: string, file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw mistake(option, `cannot read ${file}: ${systemReason(error) ?? error.message}`);
  });
}
