import { isIP } from 'node:net';
import { ConfigError, type ConfigIssue } from '../../core/index.ts';

/** What a certificate is for. */
export interface CertRequest {
  /** Host names and addresses under which the exporter is reached. */
  readonly names: readonly string[];
  readonly days: number;
}

/** The most days: a hundred years. */
const MOST_DAYS = 36_500;
const HOST_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*$/i;

/** Checks what the user has asked for. `own` are the names of this host, for who names none. @throws ConfigError */
export function planCert(
  { name, days }: { readonly name?: readonly string[]; readonly days: string },
  own: readonly string[],
): CertRequest {
  const names = [...new Set(name ?? own)];
  const issues: ConfigIssue[] = names
    .filter((one) => isIP(one) === 0 && !HOST_NAME.test(one))
    .map((one) => ({
      path: '--name',
      message: `${JSON.stringify(one)} is neither a host name nor an address`,
    }));
  const count = Number(days);
  if (!Number.isInteger(count) || count < 1 || count > MOST_DAYS)
    issues.push({
      path: '--days',
      message: `${JSON.stringify(days)}: expected a number from 1 to ${MOST_DAYS}`,
    });
  if (issues.length === 0) return { names, days: count };
  const lines = issues.map(({ path, message }) => `  ${path}: ${message}`);
  throw new ConfigError(['cert: cannot make such a certificate', ...lines].join('\n'), { issues });
}

/** The names of a host that is called `hostname` and has `addresses`: what clients on it and elsewhere may call it. */
export function namesOf(hostname: string, addresses: readonly string[]): string[] {
  const reachable = addresses.filter((address) => !/^fe80:/i.test(address));
  return [hostname, 'localhost', '127.0.0.1', '::1', ...reachable].filter(
    (name) => isIP(name) !== 0 || HOST_NAME.test(name),
  );
}

/** What `openssl req -config` reads: nothing depends on the settings of the host. */
export function opensslConfig({ names }: CertRequest): string {
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
  return `[req]
prompt = no
distinguished_name = subject
x509_extensions = extensions
[subject]
CN = ${(names[0] ?? 'jumplead').slice(0, 64)}
[extensions]
subjectAltName = ${alternatives.join(',')}
basicConstraints = critical,CA:TRUE
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
`;
}
