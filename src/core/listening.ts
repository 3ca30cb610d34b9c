import { once } from 'node:events';
import type { Server } from 'node:net';

/** Waits until `server`, which was told to listen, does so. @throws the system's error, such as EADDRINUSE */
export async function listening(server: Server): Promise<void> {
  await once(server, 'listening');
  // Later errors are of single connections that could not be taken: whoever made them sees that.
  server.on('error', () => undefined);
}
