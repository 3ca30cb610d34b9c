export * from './exporter-file.ts';
export * from './load.ts';
