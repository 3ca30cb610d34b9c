import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { UnreachableError } from '../../core/index.ts';

/** The certificate, PEM, of whoever listens there, if it has that fingerprint. @throws UnreachableError */
export async function peerCertificate(
  place: { readonly host: string; readonly port: number },
  fingerprint: string,
  signal: AbortSignal,
): Promise<string> {
  const target = `${place.host}:${place.port}`;
  const options = { ...place, ALPNProtocols: ['h2'], rejectUnauthorized: false };
  const socket = connect({ ...options, ...(isIP(place.host) === 0 && { servername: place.host }) });
  try {
    await once(socket, 'secureConnect', { signal });
    const certificate = socket.getPeerX509Certificate();
    if (certificate && plain(certificate.fingerprint256) === plain(fingerprint))
      return certificate.toString();
    throw new UnreachableError(`${target} shows another certificate than a moment ago`, { target });
  } finally {
    socket.destroy();
  }
}

const plain = (hex: string) => hex.replaceAll(':', '').toLowerCase();
