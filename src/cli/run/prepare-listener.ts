import { ConfigError } from '../../core/index.ts';
import { checkListenOptions, type ListenOptions } from '../../exporter/index.ts';
import { readPassphrase } from '../passphrase.ts';
import { type ListenerOptions, planListener } from './plan-listener.ts';
import { readTlsFiles } from './tls-files.ts';

/** A listener that may be opened, and what is to be said about it. */
export interface PreparedListener {
  readonly listen: ListenOptions;
  /** For people: `TLS, with a passphrase`. */
  readonly protection: string;
  /** SHA-256 of the certificate, where there is one. */
  readonly fingerprint: string | undefined;
  readonly notices: readonly string[];
}

/** Reads all that a listener needs. Undefined where there is to be none. @throws ConfigError; nothing has been opened then */
export async function prepareListener(
  options: ListenerOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<PreparedListener | undefined> {
  const plan = planListener(options);
  if (!plan) return undefined;
  const { passphrase, notices } = await readPassphrase(options, env);
  const files = plan.tls && (await readTlsFiles(plan.tls.cert, plan.tls.key, new Date()));
  const { host, port, openToNetwork } = plan;
  const listen = {
    host,
    port,
    passphrase,
    ...(files ? { tls: files.tls } : { insecure: true as const, openToNetwork }),
  };
  refuseStrangers(listen);
  return {
    listen,
    protection: `${files ? 'TLS' : 'no TLS'}, ${passphrase === undefined ? 'no passphrase' : 'with a passphrase'}`,
    fingerprint: files?.fingerprint,
    notices: [...notices, ...(files?.notices ?? []), ...warnOfNetwork(listen, openToNetwork)],
  };
}

function refuseStrangers(listen: ListenOptions): void {
  try {
    checkListenOptions(listen);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const ways = [
      `  for this host alone: --tls-grpc-listener 127.0.0.1:${listen.port}`,
      '  for others: --tls-cert, --tls-key (`jumplead cert` makes a pair) and --passphrase-file',
      '  for everybody, on a network of your own: --tls-grpc-insecure --open-to-network',
    ];
    throw new ConfigError([error.message, ...ways].join('\n'), { issues: error.issues });
  }
}

function warnOfNetwork({ host, passphrase }: ListenOptions, openToNetwork: boolean): string[] {
  if (!openToNetwork) return [];
  const who =
    passphrase === undefined
      ? 'whoever reaches it can use what is served'
      : 'the passphrase can be read on the way';
  return [`${host} is open to the network without TLS: ${who}`];
}
