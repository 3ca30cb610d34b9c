import { ConfigError, type ConfigIssue } from '../../core/index.ts';

/** What `jumplead run` is told about its listener. */
export interface ListenerOptions {
  /** `[HOST:]PORT` */
  readonly tlsGrpcListener?: string | undefined;
  readonly tlsGrpcInsecure?: boolean | undefined;
  readonly openToNetwork?: boolean | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

/** Where to listen, and how. */
export interface ListenerPlan {
  readonly host: string;
  readonly port: number;
  /** The files for TLS, or none. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Without TLS on every address, because the user has said so twice. */
  readonly openToNetwork: boolean;
}

/** The address that Jumpstarter takes for a port alone. */
const ALL = '0.0.0.0';

/** Checks that the options fit together. Undefined where there is to be no listener. @throws ConfigError */
export function planListener(options: ListenerOptions): ListenerPlan | undefined {
  const { tlsGrpcListener: place, tlsGrpcInsecure: insecure, tlsCert: cert, tlsKey: key } = options;
  const issues: ConfigIssue[] = [];
  const blame = (path: string, message: string) => void issues.push({ path, message });
  if (place === undefined) {
    for (const [path, given] of givenOptions(options))
      if (given) blame(path, 'has no meaning without --tls-grpc-listener [HOST:]PORT');
    throwIfAny(issues);
    return undefined;
  }
  const address = readPlace(place);
  if (!address)
    blame('--tls-grpc-listener', `${JSON.stringify(place)}: expected [HOST:]PORT, such as 127.0.0.1:19090`);
  if (insecure && (cert ?? key)) blame('--tls-grpc-insecure', 'is the opposite of --tls-cert and --tls-key');
  else if (!insecure && cert === undefined && key === undefined)
    blame(
      '--tls-cert',
      'a certificate and its key are needed (`jumplead cert` makes a pair), or --tls-grpc-insecure',
    );
  else if (!insecure && cert === undefined) blame('--tls-cert', 'is missing beside --tls-key');
  else if (!insecure && key === undefined) blame('--tls-key', 'is missing beside --tls-cert');
  if (options.openToNetwork && !insecure)
    blame('--open-to-network', 'has a meaning only beside --tls-grpc-insecure');
  throwIfAny(issues);
  const tls = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  return { ...(address ?? { host: ALL, port: 0 }), tls, openToNetwork: options.openToNetwork ?? false };
}

const givenOptions = (options: ListenerOptions) =>
  [
    ['--tls-grpc-insecure', options.tlsGrpcInsecure],
    ['--open-to-network', options.openToNetwork],
    ['--tls-cert', options.tlsCert],
    ['--tls-key', options.tlsKey],
    ['--passphrase', options.passphrase],
    ['--passphrase-file', options.passphraseFile],
  ] as const;

/** `[HOST:]PORT`, cut at the last colon; an IPv6 address may be in brackets. Port 0 picks a free one. */
function readPlace(text: string): { host: string; port: number } | undefined {
  const [, host = '', digits = ''] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) return undefined;
  return { host: host.replace(/^\[(.*)\]$/, '$1') || ALL, port };
}

function throwIfAny(issues: readonly ConfigIssue[]): void {
  if (issues.length === 0) return;
  const lines = issues.map(({ path, message }) => `  ${path}: ${message}`);
  throw new ConfigError(['cannot listen like that', ...lines].join('\n'), { issues });
}
