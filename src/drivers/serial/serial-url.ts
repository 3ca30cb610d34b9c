import { parseDuration } from '../../core/index.ts';

/** Where a serial port is. */
export type SerialAddress =
  | { readonly kind: 'loop' }
  /** A device of this host: `/dev/ttyUSB0`. */
  | { readonly kind: 'device'; readonly path: string }
  /** Bytes over TCP, without control lines or settings. */
  | { readonly kind: 'socket'; readonly host: string; readonly port: number }
  /** A port of a terminal server, by RFC 2217. */
  | Rfc2217Address;

export interface Rfc2217Address {
  readonly kind: 'rfc2217';
  readonly host: string;
  readonly port: number;
  /** How long the server may take to answer, in milliseconds. */
  readonly patience: number;
  /** Whether the server says when a control line has been set: some do not. */
  readonly confirmsControl: boolean;
}

/** pyserial's. */
const PATIENCE = parseDuration('3s');
/** Of pyserial, and without an effect here. */
const LOGGING = ['logging', 'poll_modem'];

/**
 * Reads a path, or one of pyserial's URLs. `'not understood'` says why.
 */
export function parseSerialUrl(text: string): SerialAddress | { readonly problem: string } {
  if (!text.includes('://')) return { kind: 'device', path: text };
  const scheme = text.slice(0, text.indexOf('://'));
  if (scheme === 'loop') return { kind: 'loop' };
  if (scheme !== 'socket' && scheme !== 'rfc2217')
    return { problem: 'expected a device such as /dev/ttyUSB0, socket://, rfc2217:// or loop://' };
  // Of a scheme that the platform knows, so that it is taken apart as usual.
  const url = URL.parse(text.replace(scheme, 'http'));
  const port = Number(url?.port || (text.includes(':80') ? 80 : Number.NaN));
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!url || !host || !(port > 0)) return { problem: `expected ${scheme}://HOST:PORT` };
  return scheme === 'socket'
    ? withoutOptions(url, { kind: 'socket', host, port })
    : rfc2217(url, { host, port });
}

function withoutOptions(url: URL, address: SerialAddress): SerialAddress | { problem: string } {
  const unknown = [...url.searchParams.keys()].find((name) => !LOGGING.includes(name));
  return unknown === undefined ? address : { problem: `socket:// has no option ${unknown}` };
}

function rfc2217(
  url: URL,
  where: { readonly host: string; readonly port: number },
): SerialAddress | { problem: string } {
  const { searchParams: options } = url;
  const known = ['timeout', 'ign_set_control', ...LOGGING];
  const unknown = [...options.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    return { problem: `rfc2217:// has no option ${unknown}; expected timeout or ign_set_control` };
  const seconds = options.get('timeout');
  const patience = seconds === null ? PATIENCE : Math.round(Number(seconds) * 1_000);
  if (!(patience > 0)) return { problem: 'expected the option timeout in seconds' };
  return { kind: 'rfc2217', ...where, patience, confirmsControl: !options.has('ign_set_control') };
}
