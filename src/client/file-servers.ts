import { ConfigError, type WaitOptions } from '../core/index.ts';
import { HttpServer, Storage, TftpServer } from '../interfaces/index.ts';
import { createStorage, type UploadOptions } from './file-storage.ts';
import { registerHandle } from './handles.ts';
import type { ImageInput } from './image-source.ts';
import type { RemoteNode } from './node.ts';

/** A server of the files in its child `storage`, for devices. */
export interface FileServerHandle {
  /** Starts to serve; does nothing when it serves already. */
  start(options?: WaitOptions): Promise<void>;
  /** Stops serving, and ends what is under way. */
  stop(options?: WaitOptions): Promise<void>;
  /** The address that it listens on. */
  host(options?: WaitOptions): Promise<string>;
  /** The port that it listens on. */
  port(options?: WaitOptions): Promise<number>;
}

/** A TFTP server. */
export type TftpServerHandle = FileServerHandle;

/** An HTTP server. */
export interface HttpServerHandle extends FileServerHandle {
  /** Where devices fetch from: `http://HOST:PORT`. @throws StateError when it has not got a port yet */
  url(options?: WaitOptions): Promise<string>;
  /** Puts a file into the storage, and returns the address that devices fetch it from. */
  putFile(path: string, input: ImageInput, options?: UploadOptions): Promise<string>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'http-server.v1': HttpServerHandle;
    'tftp-server.v1': TftpServerHandle;
  }
}

function createServer({ calls }: Pick<RemoteNode<typeof TftpServer>, 'calls'>): FileServerHandle {
  return {
    start: async (options) => void (await calls.start(options)),
    stop: async (options) => void (await calls.stop(options)),
    host: (options) => calls.getHost(options),
    port: (options) => calls.getPort(options),
  };
}

registerHandle(TftpServer, createServer);
registerHandle(HttpServer, (node): HttpServerHandle => {
  const { calls } = node;
  const child = node.child('storage', Storage);
  if (!child) {
    const message = 'missing; a file server needs a child "storage"';
    throw new ConfigError(`${node.path}: storage: ${message}`, { issues: [{ path: 'storage', message }] });
  }
  const storage = createStorage(child);
  return {
    ...createServer(node),
    url: (options) => calls.getUrl(options),
    putFile: async (path, input, options) => {
      // Asked first: without an address there is nothing to put a file for.
      const url = await calls.getUrl(options);
      await storage.upload(path, input, options);
      const name = path.split('/').filter(Boolean).map(encodeURIComponent);
      return [url, ...name].join('/');
    },
  };
});
