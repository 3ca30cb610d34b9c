export * from './mock-flasher.ts';
export * from './mock-power.ts';
export * from './mock-storage-mux.ts';
