export * from './serial-port.ts';
export * from './types/serial-port.ts';
