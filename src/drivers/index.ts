/** The drivers of a lab, apart from virtual machines. */
export * from './mock/index.ts';
export * from './std/index.ts';
