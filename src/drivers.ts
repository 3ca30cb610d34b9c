/** The drivers of a lab, apart from virtual machines. */
export * from './drivers/files/index.ts';
export * from './drivers/mock/index.ts';
export * from './drivers/network/index.ts';
export * from './drivers/power/index.ts';
export * from './drivers/serial/index.ts';
export * from './drivers/shell/index.ts';
export * from './drivers/std/index.ts';
