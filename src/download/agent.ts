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
 * @throws ConfigError when the file cannot be read, or what is named is no proxy.
 */
export async function openAgent(silence: number, env = process.env): Promise<EnvHttpProxyAgent> {
  const authorities = await authoritiesOf(env);
  const tls = authorities ? { ca: authorities } : {};
  // Loaded at the first use: starting must not wait for it.
  const { EnvHttpProxyAgent } = await import('undici');
  const options = {
    connect: { ...tls, timeout: silence },
    requestTls: tls,
    proxyTls: tls,
    headersTimeout: silence,
    bodyTimeout: silence,
  };
  try {
    return new EnvHttpProxyAgent(options);
  } catch (cause) {
    // Not quoted: there may be a password in it.
    const names = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].filter((name) => env[name]);
    throw wrongEnvironment(names.join(', '), 'it names no proxy; expected http://HOST:PORT', cause);
  }
}

async function authoritiesOf({ SSL_CERT_FILE: path }: NodeJS.ProcessEnv): Promise<string[] | undefined> {
  if (!path) return undefined;
  try {
    return [await readFile(path, 'utf8'), ...getCACertificates('extra')];
  } catch (cause) {
    const reason = (cause as Error).message; // SAFE: the file system throws errors
    throw wrongEnvironment(
      'SSL_CERT_FILE',
      `got ${JSON.stringify(path)}, which cannot be read (${reason})`,
      cause,
    );
  }
}

function wrongEnvironment(path: string, message: string, cause: unknown): ConfigError {
  return new ConfigError(`environment: ${path}: ${message}`, { issues: [{ path, message }] }, { cause });
}
