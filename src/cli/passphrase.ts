import { stat } from 'node:fs/promises';
import { mistake } from '../core/index.ts';
import { readOptionFile } from './option-file.ts';

/** Where the passphrase of an exporter comes from. */
export interface PassphraseOptions {
  readonly passphrase?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

/** The environment variable of Jumpstarter's clients; an exporter of ours reads it too. */
export const PASSPHRASE_VARIABLE = 'JMP_GRPC_PASSPHRASE';

/** A passphrase, and what is to be said about where it was. */
export interface Passphrase {
  readonly passphrase: string | undefined;
  readonly notices: readonly string[];
}

/** Reads the passphrase: the option, the file, the environment. @throws ConfigError that does not tell it */
export async function readPassphrase(
  { passphrase, passphraseFile }: PassphraseOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Passphrase> {
  if (passphrase !== undefined && passphraseFile !== undefined)
    throw mistake('--passphrase-file', 'say --passphrase or --passphrase-file, not both');
  if (passphraseFile !== undefined) return await readPassphraseFile(passphraseFile);
  if (passphrase !== undefined) return { passphrase: checked(passphrase, '--passphrase'), notices: [] };
  const given = env[PASSPHRASE_VARIABLE];
  return { passphrase: given ? checked(given, `$${PASSPHRASE_VARIABLE}`) : undefined, notices: [] };
}

async function readPassphraseFile(file: string): Promise<Passphrase> {
  const path = '--passphrase-file';
  const text = await readOptionFile(path, file);
  const passphrase = checked(text.replace(/\r?\n$/, ''), path);
  const open = ((await stat(file)).mode & 0o077) !== 0;
  return { passphrase, notices: open ? [`others can read ${file}; chmod 600 ${file}`] : [] };
}

/** It travels as a header of HTTP. */
function checked(passphrase: string, path: string): string {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(passphrase)) return passphrase;
  throw mistake(path, 'a passphrase is one line of printable ASCII, without spaces at its ends');
}
