/** Drives devices under test: serve a device of this host, or connect to one elsewhere, and use it by typed handles. */
export * from './client/index.ts';
export { connectSession as connect } from './client/index.ts';
export * from './core/errors.ts';
export * from './core/units.ts';
export { type ServeOptions, serve } from './serve.ts';
