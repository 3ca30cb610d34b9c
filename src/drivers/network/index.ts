export * from './dbus-network.ts';
export * from './types/index.ts';
export * from './udp-network.ts';
export * from './vsock-network.ts';
export * from './websocket-network.ts';
