import type { Duplex } from 'node:stream';
import { ConfigError, type WaitOptions } from '../core/index.ts';
import type { ClientTls, Target } from '../rpc/index.ts';

/**
 * Where a session is: the path of a Unix socket, `host:port`, or a connection of any kind. `duplex` is called once: a
 * session ends with its connection.
 */
export type Address = string | { readonly duplex: () => Duplex | Promise<Duplex>; readonly name?: string };

/** How to reach a session and to be let in. By TCP it is TLS, unless `insecure`. */
export interface ReachOptions extends WaitOptions {
  /** Authorities to trust instead of the usual ones, and the name on the certificate where it is not the host. */
  readonly tls?: Pick<ClientTls, 'ca' | 'serverName'> | undefined;
  /** SHA-256 of the exporter's own certificate in hex: trusts that one and no other. */
  readonly fingerprint?: string | undefined;
  /** Plain HTTP/2 by TCP: anyone on the way can read and change it. */
  readonly insecure?: boolean | undefined;
  /** What the exporter asks every client for. */
  readonly passphrase?: string | undefined;
}

/** The target of `address`, and what errors call it. @throws ConfigError for options that contradict each other */
export function readAddress(address: Address, options: ReachOptions = {}): { target: Target; name: string } {
  if (typeof address !== 'string') {
    const name = address.name ?? 'a given connection';
    return { target: { duplex: address.duplex, name }, name };
  }
  const tcp = readHostPort(address);
  if (!tcp) return { target: { path: address }, name: address };
  const { tls, fingerprint, insecure } = options;
  if (!insecure) return { target: { ...tcp, tls: { ...tls, fingerprint } }, name: address };
  if (tls || fingerprint !== undefined) throw contradiction(tls ? 'tls' : 'fingerprint');
  return { target: { ...tcp, insecure }, name: address };
}

/** `host:port`, with an IPv6 address in brackets. Anything else is a path. */
function readHostPort(address: string): { host: string; port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]/]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

function contradiction(path: string): ConfigError {
  const message = `${path} has no meaning together with insecure: true`;
  return new ConfigError(`cannot connect: ${message}`, { issues: [{ path, message }] });
}
