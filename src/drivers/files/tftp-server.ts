import { z } from 'zod';
import { type Driver, defineComposite } from '../../driver/index.ts';
import { type Storage, TftpServer } from '../../interfaces/index.ts';
import { ownAddress } from './own-address.ts';
import { openFolder, servedFolder, storageOf } from './served-folder.ts';
import { ServerSwitch } from './server-switch.ts';
import { openTftpServer } from './tftp/server.ts';

/** The configuration of `tftpServer`. */
export const TftpServerConfig = z.strictObject({
  ...servedFolder,
  port: z.int().min(0).max(65_535).default(69).describe('the UDP port to listen on; 0: one that is free'),
});

const define = defineComposite({
  name: 'tftp-server',
  interface: TftpServer,
  config: TftpServerConfig,
  open: async ({ root: folder, host: wanted, port }, { log }) => {
    const root = await openFolder(folder);
    const host = wanted === 'auto' ? await ownAddress() : wanted;
    const tftp = new ServerSwitch(() => openTftpServer({ root, host, port, log }));
    return {
      start: async () => {
        await tftp.start();
        log.info(`TFTP server at ${host}:${tftp.port ?? port}`);
        return null;
      },
      stop: async () => {
        await tftp.stop();
        log.info('TFTP server stopped');
        return null;
      },
      getHost: async () => host,
      getPort: async () => tftp.port ?? port,
      [Symbol.asyncDispose]: () => tftp[Symbol.asyncDispose](),
    };
  },
});

/** Serves a folder by TFTP, and lets clients put files there: by default to this host only. */
export function tftpServer(
  config: z.input<typeof TftpServerConfig>,
): Driver<typeof TftpServer, { readonly storage: Driver<typeof Storage, Record<never, never>> }> {
  return define(storageOf(config), config);
}
