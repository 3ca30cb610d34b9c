/** Jumpstarter's mocks: devices that exist in the exporter only, for trying out a lab. */
export * from './mock-flasher.ts';
export * from './mock-power.ts';
export * from './mock-storage-mux.ts';
