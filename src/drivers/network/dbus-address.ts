import type { NetConnectOpts } from 'node:net';
import { ConfigError } from '../../core/index.ts';

/** The two buses of a host. */
export type DbusKind = 'system' | 'session';

const VARIABLES = {
  system: 'DBUS_SYSTEM_BUS_ADDRESS',
  session: 'DBUS_SESSION_BUS_ADDRESS',
} as const satisfies Record<DbusKind, string>;

/** Where a bus listens. */
export interface DbusAddress {
  readonly where: NetConnectOpts;
  /** As the environment names it. */
  readonly text: string;
}

/**
 * The address of a bus: what the environment says, else where every Linux has it. Of several addresses the first that can be
 * connected to is taken. @throws ConfigError when none can.
 */
export function findDbus(kind: DbusKind, env: NodeJS.ProcessEnv, uid: number): DbusAddress {
  const variable = VARIABLES[kind];
  const fallback = kind === 'system' ? '/run/dbus/system_bus_socket' : `/run/user/${uid}/bus`;
  const text = env[variable] || `unix:path=${fallback}`;
  for (const address of text.split(';').filter(Boolean)) {
    const where = parse(address);
    if (where) return { where, text: address };
  }
  const message = `got ${JSON.stringify(text)}; expected unix:path=PATH, unix:abstract=NAME or tcp:host=HOST,port=PORT`;
  throw new ConfigError(`dbus-network: ${variable}: ${message}`, {
    issues: [{ path: variable, message }],
  });
}

function parse(address: string): NetConnectOpts | undefined {
  const [scheme, rest = ''] = splitAt(address, ':');
  const values = new Map(rest.split(',').map((pair) => splitAt(pair, '=')));
  const value = (key: string) => unescaped(values.get(key));
  if (scheme === 'unix') {
    const path = value('path');
    const abstract = value('abstract');
    return path ? { path } : abstract ? { path: `\0${abstract}` } : undefined;
  }
  const port = Number(value('port'));
  const host = value('host');
  return scheme === 'tcp' && host && Number.isInteger(port) && port > 0 && port < 65_536
    ? { host, port }
    : undefined;
}

/** `%2c` and the like. */
const unescaped = (text: string | undefined) =>
  text?.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
