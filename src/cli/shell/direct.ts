import type { ReachOptions } from '../../client/index.ts';
import { mistake } from '../../core/index.ts';
import { readOptionFile } from '../option-file.ts';
import { type PassphraseOptions, readPassphrase } from '../passphrase.ts';

/** What `jumplead shell` is told about an exporter that listens. */
export interface DirectOptions extends PassphraseOptions {
  /** `HOST:PORT` */
  readonly tlsGrpc?: string | undefined;
  readonly tlsGrpcInsecure?: boolean | undefined;
  readonly fingerprint?: string | undefined;
}

/** An exporter that listens, and how it lets us in. */
export interface DirectPlan {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly reach: ReachOptions;
  readonly notices: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** The file with the authorities that gRPC trusts, also in Python. */
const ROOTS = 'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH';

/** Checks the options and reads what they name. Undefined where no exporter is named. @throws ConfigError */
export async function planDirect(options: DirectOptions, env: Env): Promise<DirectPlan | undefined> {
  const { tlsGrpc: address, tlsGrpcInsecure: insecure = false, fingerprint } = options;
  if (address === undefined) {
    refuse('--tls-grpc-insecure', insecure || undefined);
    refuse('--fingerprint', fingerprint);
    refuse('--passphrase', options.passphrase);
    refuse('--passphrase-file', options.passphraseFile);
    return undefined;
  }
  const place = readPlace(address);
  if (insecure && fingerprint !== undefined)
    throw mistake('--fingerprint', 'there is no certificate with --tls-grpc-insecure');
  if (fingerprint !== undefined && !/^[0-9a-f]{64}$/i.test(fingerprint.replaceAll(':', '')))
    throw mistake('--fingerprint', `${fingerprint} is no SHA-256 in hex: 64 digits, with or without colons`);
  const { passphrase, notices } = await readPassphrase(options, env);
  if (insecure) return { ...place, address, reach: { insecure, passphrase }, notices };
  const roots = fingerprint === undefined ? env[ROOTS] : undefined;
  const tls = roots ? { ca: await readOptionFile(`$${ROOTS}`, roots) } : undefined;
  return { ...place, address, reach: { fingerprint, passphrase, tls }, notices };
}

function readPlace(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw mistake('--tls-grpc', `${JSON.stringify(text)}: expected HOST:PORT, such as lab-7:19090`);
}

function refuse(path: string, given: unknown): void {
  if (given !== undefined) throw mistake(path, 'has no meaning without --tls-grpc HOST:PORT');
}
