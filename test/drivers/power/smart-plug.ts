import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stall } from '../../../src/drivers/fake/index.ts';
import type { DeviceControl } from '../../conformance/specimen.ts';

/** What has been asked of a plug. */
export interface PlugRequest {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** A smart plug: `/on`, `/off`, `/status` with what it measures, and `/last` with what it was asked last. */
export interface SmartPlug extends DeviceControl, AsyncDisposable {
  readonly url: string;
  readonly isOn: boolean;
  readonly requests: readonly PlugRequest[];
  /** What it answers with from now on in place of what it should. */
  answer: { readonly status: number; readonly text: string } | undefined;
}

const MEASURED = { emeters: [{ voltage: 230.5, current: '0.25' }], voltage: 12 };

export async function openSmartPlug(): Promise<SmartPlug> {
  const requests: PlugRequest[] = [];
  let isOn = false;
  let stalled:
    | (Stall & { readonly reach: () => void; readonly end: () => void; readonly released: Promise<void> })
    | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === '/last') {
      const last = requests.at(-1);
      response.end(`${last?.line} ${last?.body}`.trimEnd());
      return;
    }
    const { method, url, headers } = request;
    const { authorization } = headers;
    requests.push({
      line: `${method} ${url}`,
      authorization,
      type: headers['content-type'],
      body: `${Buffer.concat(chunks)}`,
    });
    const stall = stalled;
    stalled = undefined;
    if (stall) {
      stall.reach();
      response.on('close', stall.end);
      await stall.released;
    }
    if (plug.answer) {
      response.writeHead(plug.answer.status).end(plug.answer.text);
      return;
    }
    if (url?.startsWith('/on')) isOn = true;
    if (url?.startsWith('/off')) isOn = false;
    response.end(JSON.stringify(MEASURED));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const plug: SmartPlug = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // SAFE: it listens by TCP
    get isOn() {
      return isOn;
    },
    requests,
    answer: undefined,
    breakDevice: () => {
      server.close();
      server.closeAllConnections();
    },
    stall: () => {
      const [reached, released, over] = [
        Promise.withResolvers<void>(),
        Promise.withResolvers<void>(),
        Promise.withResolvers<void>(),
      ];
      const stall = {
        reached: reached.promise,
        over: over.promise,
        release: released.resolve,
        released: released.promise,
        reach: reached.resolve,
        end: over.resolve,
      };
      stalled = stall;
      return stall;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
  return plug;
}
