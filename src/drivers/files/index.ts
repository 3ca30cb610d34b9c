/** Servers of files for devices that boot or install from the network. */
export { httpServer } from './http-server.ts';
export { tftpServer } from './tftp-server.ts';
export { httpServerType } from './types/http-server.ts';
export { tftpServerType } from './types/tftp-server.ts';
