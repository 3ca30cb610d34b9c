import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import type { EnvHttpProxyAgent } from 'undici';
import { ConfigError } from '../core/index.ts';

/**
 * Opens what makes HTTP connections, through the proxy that `http_proxy`, `https_proxy` and `no_proxy` name.
 *
 * Servers must be signed by an authority that Node knows (`NODE_EXTRA_CA_CERTS` adds to them) or, where `SSL_CERT_FILE`
 * is set, by one of that file, as for other programs of the host.
 *
 * @param silence Milliseconds that a server may say nothing for.
 * @throws ConfigError when the file cannot be read.
 */
export async function openAgent(silence: number, env = process.env): Promise<EnvHttpProxyAgent> {
  const authorities = await authoritiesOf(env);
  const tls = authorities ? { ca: authorities } : {};
  // Loaded at the first use: starting must not wait for it.
  const { EnvHttpProxyAgent } = await import('undici');
  return new EnvHttpProxyAgent({
    connect: { ...tls, timeout: silence },
    requestTls: tls,
    proxyTls: tls,
    headersTimeout: silence,
    bodyTimeout: silence,
  });
}

async function authoritiesOf({ SSL_CERT_FILE: path }: NodeJS.ProcessEnv): Promise<string[] | undefined> {
  if (!path) return undefined;
  try {
    return [await readFile(path, 'utf8'), ...getCACertificates('extra')];
  } catch (cause) {
    const message = `got ${JSON.stringify(path)}, which cannot be read (${(cause as Error).message})`; // SAFE: the file system throws errors
    const issues = [{ path: 'SSL_CERT_FILE', message }];
    throw new ConfigError(`environment: SSL_CERT_FILE: ${message}`, { issues }, { cause });
  }
}
