/** Connecting to sessions, and what people do with devices there. */
export type { Address, ReachOptions } from './address.ts';
export * from './all-handles.ts';
export { type Connected, type ConnectOptions, connect, type OwnSession } from './connect.ts';
export { type Explored, type ExploredNode, exploreSession } from './explore.ts';
// As a whole: interfaces can be extended from outside (see HandleTypes) only through `export *`.
export * from './handles.ts';
export type { RemoteNode, SessionInfo } from './node.ts';
export { defineRig, type RigEntries, type RigEntry } from './rig.ts';
export { type Session, sessionOf } from './session.ts';
export type { RunWait, Wait, WaitPart, WaitScope, Watch } from './wait/wait.ts';
export type { Waitable } from './wait/wait-for.ts';
