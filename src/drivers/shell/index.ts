/** Scripts of the exporter's host. */
export { shell } from './shell.ts';
export { shellType } from './types/shell.ts';
