import type { LogLevel } from '../core/index.ts';
import type { Handlers, Interface, Rig, RigChildren } from '../interfaces/index.ts';
import type { CallContext, OpenContext } from './context.ts';

/** An opened node of a driver tree: the handlers of its interface and its opened children, in the order of the report. */
export interface DriverNode<I extends Interface = Interface> {
  readonly interface: I;
  readonly handlers: Handlers<I, CallContext>;
  readonly children: Readonly<Record<string, DriverNode>>;
  /** Replaces the interface's Python class in the report. */
  readonly pythonClient?: string | undefined;
  /** Further labels of the report. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | undefined;
  /** Help of commands by their names in the report: of further ones, or in place of that of the interface's methods. */
  readonly help?: Readonly<Record<string, string>> | undefined;
  /** Of a proxy: the dotted names of the node that it stands for, from the root of the tree. */
  readonly ref?: string | undefined;
  /** What is less important than this is left out of the log. Default: as the log itself. */
  readonly logLevel?: LogLevel | undefined;
  /** Closes this node and its children; called once, also when the device is gone. */
  readonly close?: (() => PromiseLike<void>) | undefined;
}

/** A driver as an exporter file has it: its type, and its configuration as it was checked. */
export interface DriverOrigin {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * A driver with its configuration, checked but not yet opened: what `serve` takes.
 *
 * `open` is called once per session. When it fails, everything it had opened must be closed again.
 */
export interface Driver<I extends Interface = Interface, C extends RigChildren = RigChildren>
  extends Rig<I, C> {
  /** What people call this kind of driver: `relay`, `qemu`. */
  readonly name: string;
  /** What makes the same driver in another process, where that is possible. */
  readonly origin?: DriverOrigin | undefined;
  open(context: OpenContext): Promise<DriverNode<I>>;
}
