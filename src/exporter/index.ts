/** Serving a tree of drivers. */
export type { ListenOptions } from './listen.ts';
export { type ExporterSession, openSession, type SessionOptions } from './session.ts';
