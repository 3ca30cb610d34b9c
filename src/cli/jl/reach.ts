import { readFile } from 'node:fs/promises';
import type { ReachOptions } from '../../client/index.ts';
import { ConfigError, mistake } from '../../core/index.ts';
import type { RootOptions } from './root.ts';

/** Where the session is, and what lets us in. */
export interface Reach {
  readonly address: string;
  readonly options: ReachOptions;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads the options and the environment as Python's `j` does, with a fingerprint in addition. @throws ConfigError */
export async function readReach(options: RootOptions, env: Env): Promise<Reach> {
  const address = options.host ?? env['JUMPSTARTER_HOST'];
  if (!address) throw noHost();
  const insecure =
    options.insecure ?? [env['JMP_GRPC_INSECURE'], env['JUMPSTARTER_GRPC_INSECURE']].includes('1');
  const passphrase = options.passphraseFile
    ? await readSecret(options.passphraseFile)
    : env['JMP_GRPC_PASSPHRASE'] || undefined;
  if (insecure) return { address, options: { insecure, passphrase } };
  const fingerprint = options.fingerprint ?? (env['JUMPLEAD_FINGERPRINT'] || undefined);
  const authorities = fingerprint ? undefined : env['GRPC_DEFAULT_SSL_ROOTS_FILE_PATH'];
  const tls = authorities
    ? { ca: await readOption('GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', authorities) }
    : undefined;
  return { address, options: { passphrase, fingerprint, tls } };
}

const readSecret = async (path: string) =>
  (await readOption('--passphrase-file', path)).replace(/\r?\n$/, '');

async function readOption(path: string, file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw mistake(path, `${file} cannot be read (${cause.code})`, { cause });
  });
}

function noHost(): ConfigError {
  const message = 'neither is $JUMPSTARTER_HOST set nor --host given';
  const hint =
    'jl is for use inside `jumplead shell` or `jmp shell`, or beside a served device: jl --host SOCKET|HOST:PORT ...';
  return new ConfigError(`no device: ${message}\n${hint}`, { issues: [{ path: 'host', message }] });
}
