import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { mistake } from '../../core/index.ts';
import { readOptionFile } from '../option-file.ts';

/** A certificate and its key, checked. */
export interface TlsFiles {
  readonly tls: { readonly cert: string; readonly key: string };
  /** SHA-256 of the certificate, in hex with colons. */
  readonly fingerprint: string;
  readonly validUntil: Date;
  readonly notices: readonly string[];
}

/** Reads the files of `--tls-cert` and `--tls-key`. @throws ConfigError that names the file and what is wrong with it */
export async function readTlsFiles(certFile: string, keyFile: string, now: Date): Promise<TlsFiles> {
  const cert = await readOptionFile('--tls-cert', certFile);
  const key = await readOptionFile('--tls-key', keyFile);
  const parsed = attempt(
    '--tls-cert',
    `${certFile} is no certificate in PEM`,
    () => new X509Certificate(cert),
  );
  const secret = attempt('--tls-key', `${keyFile} is no private key in PEM without a password`, () =>
    createPrivateKey(key),
  );
  if (!parsed.checkPrivateKey(secret)) throw mistake('--tls-key', `${keyFile} is not the key of ${certFile}`);
  attempt('--tls-cert', `TLS does not take ${certFile}`, () => createSecureContext({ cert, key }));
  const { validFromDate, validToDate: validUntil, fingerprint256: fingerprint } = parsed;
  const notices = [
    ...(now > validUntil ? [`${certFile} was valid until ${day(validUntil)}`] : []),
    ...(now < validFromDate ? [`${certFile} is valid from ${day(validFromDate)} only`] : []),
  ];
  return { tls: { cert, key }, fingerprint, validUntil, notices };
}

const day = (date: Date) => date.toISOString().slice(0, 10);

function attempt<T>(option: string, message: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const { reason = '' } = cause as { reason?: string }; // SAFE: what is no OpenSSL error has none
    throw mistake(option, reason ? `${message} (${reason})` : message);
  }
}
