import type { FaultOptions } from '../faults/fault-watch.ts';
import type { RemoteNode } from '../node.ts';

/**
 * Something that a device can be waited for: `jumplead/wait` has those that come with the package, and `custom` for others.
 * `Device` is what it needs of the handles.
 */
export interface Wait<in Device = never, out Result = unknown> {
  /** As errors call it: `console /login:/`. */
  readonly name: string;
  /**
   * Looks whether the device can be waited for in this way, before anything waits.
   *
   * @throws UnsupportedError when it cannot.
   */
  readonly prepare: (scope: WaitScope<Device>) => Promise<RunWait<Result>>;
  /** Ends by itself when the device fails, as what it waits for may have come before. Others are ended then. */
  readonly looksBack?: boolean;
}

/** Waits. Resolves when what was waited for has come; rejects when it cannot come any more. */
export type RunWait<Result> = (watch: Watch) => Promise<Result>;

/** What is waited for something. */
export interface WaitScope<out Device> {
  /** The handles. */
  readonly device: Device;
  /** The node that they are of. */
  readonly node: RemoteNode;
  /** Ends the preparation. */
  readonly signal: AbortSignal;
  /** Whether faults of the machine are none for this wait. */
  readonly faults: FaultOptions['faults'];
}

/** What a wait is given while it waits. */
export interface Watch {
  /** Ends the wait: its time is up, or what it is part of has come to an end without it. */
  readonly signal: AbortSignal;
  /** Aborts when the device fails, with the error that says how. */
  readonly failed: AbortSignal;
  /** Notes what was seen last. Errors show it; a function is asked when there is one. */
  saw(last: string | (() => string)): void;
  /** Waits until all parts have come, and fails as soon as one of them does. */
  all<Result>(parts: readonly WaitPart<Result>[]): Promise<Result[]>;
  /** Waits until one part has come, and ends the others then. Fails when all have failed. */
  any<Result>(parts: readonly WaitPart<Result>[]): Promise<Result>;
}

/** A part of a wait, with its name in errors. */
export interface WaitPart<out Result> extends Pick<Wait, 'name' | 'looksBack'> {
  readonly run: RunWait<Result>;
}
