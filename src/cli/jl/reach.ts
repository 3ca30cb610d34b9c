import type { ReachOptions } from '../../client/index.ts';
import { ConfigError } from '../../core/index.ts';
import { readOptionFile } from '../option-file.ts';
import { readPassphrase } from '../passphrase.ts';
import type { RootOptions } from './root.ts';

/** Where the session is, and what lets us in. */
export interface Reach {
  readonly address: string;
  readonly options: ReachOptions;
  /** What is to be said about it. */
  readonly notices: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads the options and the environment as Python's `j` does, with a fingerprint in addition. @throws ConfigError */
export async function readReach(options: RootOptions, env: Env): Promise<Reach> {
  const address = options.host ?? env['JUMPSTARTER_HOST'];
  if (!address) throw noHost();
  const insecure =
    options.insecure ?? [env['JMP_GRPC_INSECURE'], env['JUMPSTARTER_GRPC_INSECURE']].includes('1');
  const { passphrase, notices } = await readPassphrase({ passphraseFile: options.passphraseFile }, env);
  if (insecure) return { address, options: { insecure, passphrase }, notices };
  const fingerprint = options.fingerprint ?? (env['JUMPLEAD_FINGERPRINT'] || undefined);
  const authorities = fingerprint ? undefined : env['GRPC_DEFAULT_SSL_ROOTS_FILE_PATH'];
  const tls = authorities
    ? { ca: await readOptionFile('$GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', authorities) }
    : undefined;
  return { address, options: { passphrase, fingerprint, tls }, notices };
}

function noHost(): ConfigError {
  const message = 'neither is $JUMPSTARTER_HOST set nor --host given';
  const hint =
    'jl is for use inside `jumplead shell` or `jmp shell`, or beside a served device: jl --host SOCKET|HOST:PORT ...';
  return new ConfigError(`no device: ${message}\n${hint}`, { issues: [{ path: 'host', message }] });
}
