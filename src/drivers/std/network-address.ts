import { lookup } from 'node:dns/promises';
import { ConfigError, hostPort } from '../../core/index.ts';

/** `tcp://HOST:PORT`, with the brackets of IPv6. */
export function networkUrl(scheme: string, host: string, port: number): string {
  return `${scheme}://${hostPort(host, port)}`;
}

/** The same with the first address of `host`, or with `host` itself where it has none here: the client may know it. */
export async function networkAddress(scheme: 'tcp' | 'udp', host: string, port: number): Promise<string> {
  const address = await lookup(host).then(
    (found) => found.address,
    () => host,
  );
  return networkUrl(scheme, address, port);
}

/** What `address` answers where it may not be asked, in Jumpstarter's words. @throws ConfigError always */
export function refuseAddress(): never {
  const message = 'enable_address mode is not true in the exporter configuration';
  throw new ConfigError(message, { issues: [{ path: 'enableAddress', message: 'got false' }] });
}
