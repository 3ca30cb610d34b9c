import { isIP } from 'node:net';
import { ConfigError, LaunchError, systemReason } from '../core/index.ts';
import type { GrpcServer, ListenAddress, Listener, ServerTls } from '../rpc/index.ts';

/** Where a session listens beside its private socket. Port 0 picks a free one. */
export type ListenOptions = {
  readonly host: string;
  readonly port: number;
  /** What every call must carry. */
  readonly passphrase?: string | undefined;
} & (
  | { readonly tls: ServerTls }
  | {
      readonly insecure: true;
      /** On an address that other hosts reach, too: whoever is on the network can use what is served. */
      readonly openToNetwork?: boolean | undefined;
    }
);

/**
 * Refuses what would let strangers in: beyond the own host a session listens with TLS and a passphrase only, unless
 * both are given up.
 *
 * @throws ConfigError
 */
export function checkListenOptions(options: ListenOptions): void {
  const issues = [...hostIssues(options), ...passphraseIssues(options)];
  if (issues.length === 0) return;
  const place = `${options.host}:${options.port}`;
  throw new ConfigError([`cannot listen on ${place}`, ...issues.map(({ message }) => message)].join('; '), {
    issues,
  });
}

function hostIssues(options: ListenOptions) {
  if (isLoopback(options.host) || ('insecure' in options && options.openToNetwork)) return [];
  const message = `${options.host} can be reached from other hosts`;
  return [
    ...('tls' in options ? [] : [{ path: 'tls', message: `${message}: a certificate and a key are needed` }]),
    ...(options.passphrase ? [] : [{ path: 'passphrase', message: `${message}: a passphrase is needed` }]),
  ];
}

function passphraseIssues({ passphrase }: ListenOptions) {
  if (passphrase === undefined || /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(passphrase)) return [];
  return [
    { path: 'passphrase', message: 'the passphrase must be printable ASCII, without spaces at its ends' },
  ];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Lets `server` listen. @throws LaunchError that says why the address cannot be had */
export async function listen(server: GrpcServer, address: ListenAddress): Promise<Listener> {
  try {
    return await server.listen(address);
  } catch (cause) {
    const place = 'path' in address ? address.path : `${address.host}:${address.port}`;
    const error = cause as NodeJS.ErrnoException; // SAFE: the system's error
    const [stderr, reason] = [error.message, systemReason(error)];
    throw new LaunchError(
      `cannot listen on ${place}: ${reason ? `${reason} (${stderr})` : stderr}`,
      { command: `listen ${place}`, exitCode: null, signal: null, stderr },
      { cause },
    );
  }
}
