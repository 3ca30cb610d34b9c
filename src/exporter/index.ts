/** Serving a tree of drivers. */
export type { Hook, HookName, Hooks, OnHookFailure } from './hooks/hook.ts';
export { beginLease, endLease, firstStatus, type HookOutcome, type LeaseOptions } from './lease.ts';
export { checkListenOptions, type ListenOptions } from './listen.ts';
export { type ExporterSession, openSession, type SessionOptions } from './session.ts';
