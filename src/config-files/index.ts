export * from './client-config.ts';
export * from './clients.ts';
export * from './exporters.ts';
export * from './findings.ts';
export * from './lenient.ts';
export * from './places.ts';
export * from './private-file.ts';
export * from './read-config.ts';
export { readCurrentClient } from './user-config.ts';
