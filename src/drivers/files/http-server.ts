import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname } from 'node:path';
import send from 'send';
import { z } from 'zod';
import { hostPort, type Log, listening, parseDuration, StateError } from '../../core/index.ts';
import { type Driver, defineComposite } from '../../driver/index.ts';
import { DurationText, HttpServer, type Storage } from '../../interfaces/index.ts';
import { findFile } from './find-file.ts';
import { ownAddress } from './own-address.ts';
import { openFolder, servedFolder, storageOf } from './served-folder.ts';
import { cannotListen, type ListeningServer, ServerSwitch } from './server-switch.ts';

/** The configuration of `httpServer`. */
export const HttpServerConfig = z.strictObject({
  ...servedFolder,
  port: z.int().min(0).max(65_535).default(0).describe('the port to listen on; 0: one that is free'),
  timeout: DurationText.default('10m').describe('how long a connection may be idle'),
});

const define = defineComposite({
  name: 'http-server',
  interface: HttpServer,
  config: HttpServerConfig,
  open: async ({ root, host: wanted, port, timeout }, { log }) => {
    const folder = await openFolder(root);
    const host = wanted === 'auto' ? await ownAddress() : wanted;
    const http = new ServerSwitch(() =>
      listen(createFileServer(folder, parseDuration(timeout), log), host, port),
    );
    return {
      start: async () => {
        await http.start();
        log.info(`HTTP server at ${await urlOf(host, http.port ?? port)}`);
        return null;
      },
      stop: async () => {
        await http.stop();
        log.info('HTTP server stopped');
        return null;
      },
      getHost: async () => host,
      getPort: async () => http.port ?? port,
      getUrl: async () => {
        const reached = http.port ?? port;
        if (reached !== 0) return await urlOf(host, reached);
        const message = 'the server has no port yet; call start() first';
        throw new StateError(message, { state: 'stopped', needed: 'started' });
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    };
  },
});

/** Serves a folder by HTTP, and lets clients put files there: by default to this host only. */
export function httpServer(
  config: z.input<typeof HttpServerConfig>,
): Driver<typeof HttpServer, { readonly storage: Driver<typeof Storage, Record<never, never>> }> {
  return define(storageOf(config), config);
}

/** Answers GET and HEAD for the files of a folder, also in parts; it does not list folders. */
function createFileServer(root: string, timeout: number, log: Log): Server {
  const server = createServer((request, response) => {
    const refuse = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(405, 'files are served to be read');
      return;
    }
    const name = readName(request.url ?? '/');
    if (name === undefined) {
      refuse(400, 'not a path');
      return;
    }
    void findFile(root, name).then((found) => {
      log.debug({ name, found: found.kind }, `HTTP ${request.method}`);
      if (found.kind === 'forbidden') refuse(403, 'forbidden');
      else if (found.kind === 'missing') refuse(404, 'not found');
      else {
        const options = { root: dirname(found.path), dotfiles: 'allow', index: false } as const;
        send(request, encodeURIComponent(basename(found.path)), options).pipe(response);
      }
    });
  });
  server.timeout = timeout;
  return server;
}

/** The path of a request, decoded; undefined for one that cannot be. */
function readName(url: string): string | undefined {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/s, ''));
  } catch {
    return undefined;
  }
}

async function listen(server: Server, host: string, port: number): Promise<ListeningServer> {
  try {
    server.listen(port, host);
    await listening(server);
  } catch (cause) {
    throw cannotListen(`${host}:${port}`, cause);
  }
  return {
    port: (server.address() as AddressInfo).port, // SAFE: it listens by TCP
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Where devices fetch from: a server that listens everywhere is known by the address of this host. */
async function urlOf(host: string, port: number): Promise<string> {
  const reached = host === '0.0.0.0' || host === '::' ? await ownAddress() : host;
  return `http://${hostPort(reached, port)}`;
}
