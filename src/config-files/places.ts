import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ConfigError } from '../core/index.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where configurations lie: the same places as Jumpstarter's. */
export interface Places {
  /** Which client is in use. */
  readonly user: string;
  readonly clients: string;
  readonly exporters: string;
  /** Of the host, where the user has none of that name. */
  readonly systemExporters: string;
}

/** The places as the environment has them. */
export function configPlaces(env: Env = process.env): Places {
  const xdg = env['XDG_CONFIG_HOME'];
  const configs = xdg && isAbsolute(xdg) ? xdg : join(env['HOME'] || homedir(), '.config');
  const home = env['JMP_CLIENT_CONFIG_HOME'] || join(configs, 'jumpstarter');
  return {
    user: join(home, 'config.yaml'),
    clients: join(home, 'clients'),
    exporters: join(home, 'exporters'),
    systemExporters: '/etc/jumpstarter/exporters',
  };
}

/** Checks the name of a configuration. @throws ConfigError when a file cannot be called so */
export function checkAlias(alias: string, kind: 'client' | 'exporter'): void {
  const isWrong = alias === '' || alias === '.' || alias === '..' || /[/\\\0]/.test(alias);
  // Jumpstarter takes the name of a client's file up to the first dot for its alias.
  if (!isWrong && (kind === 'exporter' || !alias.includes('.'))) return;
  const allowed = kind === 'client' ? 'without slashes and dots' : "without slashes, not '.' or '..'";
  const message = `got ${JSON.stringify(alias)}; allowed: a name ${allowed}`;
  throw new ConfigError(`the name of the ${kind} is wrong: ${message}`, {
    issues: [{ path: 'alias', message }],
  });
}
