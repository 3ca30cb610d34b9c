import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { GrpcError, Status } from './status.ts';

/** How to trust a server. Without any of these: a chain to a root that Node trusts, for the name that was dialled. */
export interface ClientTls {
  /** PEM of the authorities to trust instead. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** SHA-256 of the server's own certificate in hex, with or without colons: trusts that one and no other. */
  readonly fingerprint?: string | undefined;
  /** `false` accepts any certificate. */
  readonly verify?: boolean | undefined;
  /** The name to ask for and to check, where it is not the host. */
  readonly serverName?: string | undefined;
}

/** Where a channel goes. A `duplex` is made anew for every connection; `name` is what errors call it. */
export type Target =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls: ClientTls }
  | { readonly host: string; readonly port: number; readonly insecure: true }
  | { readonly duplex: () => Duplex | Promise<Duplex>; readonly name: string };

/** What errors call `target`: `unix:/run/x` or `host:port`. */
export function targetName(target: Target): string {
  if ('path' in target) return `unix:${target.path}`;
  return 'host' in target ? hostPort(target) : target.name;
}

/** The pseudo-headers of every request to `target`. */
export function targetHeaders(target: Target): { ':scheme': string; ':authority': string } {
  return {
    ':scheme': 'tls' in target ? 'https' : 'http',
    ':authority': 'host' in target ? hostPort(target) : 'localhost',
  };
}

const hostPort = ({ host, port }: { host: string; port: number }) =>
  `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

/** A connection to `target`, ready for HTTP/2. @throws GrpcError UNAVAILABLE; the reason of `signal` as it is. */
export async function openSocket(target: Target, signal: AbortSignal): Promise<Duplex> {
  try {
    if ('duplex' in target) return usable(await target.duplex(), signal);
    if ('path' in target) return await connected(connectTcp({ path: target.path }), 'connect', signal);
    if ('tls' in target) return await openTls(target, signal);
    return await connected(connectTcp({ host: target.host, port: target.port }), 'connect', signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    // Whoever made the duplex has said so already.
    if (cause instanceof GrpcError) throw cause;
    throw new GrpcError(Status.UNAVAILABLE, `cannot connect to ${targetName(target)}: ${explain(cause)}`, {
      cause,
    });
  }
}

/** A duplex that came in time and is alive. */
function usable(duplex: Duplex, signal: AbortSignal): Duplex {
  if (signal.aborted) duplex.destroy();
  signal.throwIfAborted();
  if (duplex.destroyed) throw new Error('it was closed before it was used');
  return duplex;
}

async function openTls(
  { host, port, tls }: Extract<Target, { tls: ClientTls }>,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const name = tls.serverName ?? host;
  const trustsChain = tls.fingerprint === undefined && tls.verify !== false;
  const socket = connectTls({
    host,
    port,
    // Nothing but h2: some controllers prefer http/1.1 where both are offered.
    ALPNProtocols: ['h2'],
    rejectUnauthorized: trustsChain,
    ...(isIP(name) === 0 && { servername: name }),
    ...(tls.ca !== undefined && { ca: Array.isArray(tls.ca) ? [...tls.ca] : (tls.ca as string | Buffer) }), // SAFE: not the array
  });
  await connected(socket, 'secureConnect', signal);
  try {
    checkPeer(socket, tls);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

function checkPeer(socket: TLSSocket, { fingerprint }: ClientTls): void {
  const found = normalize(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
  if (fingerprint !== undefined && normalize(fingerprint) !== found) {
    throw new Error(
      `the SHA-256 fingerprint of its certificate is ${found}, expected ${normalize(fingerprint)}`,
    );
  }
  if (socket.alpnProtocol !== 'h2')
    throw new Error('it does not speak HTTP/2 (h2 was not accepted in the TLS handshake)');
}

const normalize = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase();

function connected<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  const onAbort = () => socket.destroy(signal.reason);
  const onClose = () => reject(new Error('the connection was closed before it was ready'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once(event, () => resolve(socket));
  socket.once('error', reject);
  socket.once('close', onClose);
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort);
    socket.off('close', onClose);
    socket.off('error', reject);
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is unknown',
  EACCES: 'permission denied',
};

/** Codes of OpenSSL's for a chain that ends with nobody whom we trust. */
const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in inner ? String(inner.code) : '';
  if (UNTRUSTED.includes(code)) {
    // What Node advises is of no use to whoever only runs a program.
    const [why] = inner.message.split(';');
    return `its certificate is not trusted here (${why}); give its fingerprint, or the authority that has signed it`;
  }
  if (code.startsWith('ERR_SSL_') && inner.message.includes(':wrong version number:'))
    return 'it does not speak TLS; an exporter without TLS is reached with `insecure`';
  const reason = REASONS[code];
  return reason ? `${reason} (${inner.message || code})` : inner.message || code;
}
