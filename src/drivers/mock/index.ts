/** Jumpstarter's mocks: devices that exist in the exporter only, for trying out a lab. */
export * from './mock-flasher.ts';
export * from './mock-power.ts';
export { mockStorageMux, mockStorageMuxFlasher } from './mock-storage-mux.ts';
export * from './types/index.ts';
