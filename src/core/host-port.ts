import { isIPv6 } from 'node:net';

/** `HOST:PORT`, with the brackets of IPv6. */
export function hostPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
