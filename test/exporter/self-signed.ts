import { X509Certificate } from 'node:crypto';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../../src/core/index.ts';

/** A certificate for `localhost` that nobody but us has signed, with its key. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
}

/** Makes a new one. */
export async function selfSigned(): Promise<SelfSigned> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-cert-'));
  const [certFile, keyFile] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', keyFile, '-out', certFile];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await runTool('openssl', ['req', '-x509', ...curve, ...subject, ...files], { hint: 'install openssl' });
  const cert = await readFile(certFile, 'utf8');
  return {
    cert,
    key: await readFile(keyFile, 'utf8'),
    fingerprint: new X509Certificate(cert).fingerprint256,
  };
}
