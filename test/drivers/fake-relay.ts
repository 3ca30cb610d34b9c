import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeviceControl } from '../conformance/specimen.ts';

/** A relay that is switched by `POST /on` and `POST /off`, as a program. */
export interface FakeRelay extends Required<Pick<DeviceControl, 'breakDevice' | 'stall'>>, AsyncDisposable {
  readonly url: string;
  isOn(): boolean;
}

/** Starts a relay on a port of the loopback interface. */
export async function openFakeRelay(): Promise<FakeRelay> {
  let isOn = false;
  const stalled = new Map<string, (response: ServerResponse) => Promise<void>>();
  const server = createServer(async ({ url }, response) => {
    const position = url?.slice(1) ?? '';
    const stall = stalled.get(position);
    stalled.delete(position);
    await stall?.(response);
    if (position === 'on' || position === 'off') isOn = position === 'on';
    else response.statusCode = 404;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // SAFE: it listens on a TCP port
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    isOn: () => isOn,
    breakDevice: close,
    stall: (method) => {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const over = Promise.withResolvers<void>();
      stalled.set(method, async (response) => {
        response.once('close', over.resolve);
        reached.resolve();
        await released.promise;
      });
      return { reached: reached.promise, over: over.promise, release: released.resolve };
    },
    [Symbol.asyncDispose]: async () => close(),
  };
}
