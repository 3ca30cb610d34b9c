import type { ClientTree, ExploredNode, RigEntry, Session } from '../../../src/client/index.ts';
import type { Driver } from '../../../src/driver/index.ts';
import type { Interface, Rig } from '../../../src/interfaces/index.ts';
import type { Exporter, Lab, Transport } from './exporters.ts';

/** The columns of the matrix: who calls whom. */
export const COLUMNS = {
  tsTs: 'TypeScript client → TypeScript exporter',
  tsPy: 'TypeScript client → Python exporter',
  pyTs: 'Python client → TypeScript exporter',
  jTs: '`j` → TypeScript exporter',
  jlPy: '`jl` → Python exporter',
} as const;
export type Column = keyof typeof COLUMNS;

/** How an exporter file of Jumpstarter's names a driver. */
export interface Instance {
  readonly type?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly children?: Readonly<Record<string, Instance>>;
  readonly ref?: string;
}

/** A cell that cannot be, and why. */
export interface Dash {
  readonly dash: string;
}

/** Says why a cell cannot be; the table shows a dash, and `docs/interop.md` the reason. */
export const dash = (reason: string): Dash => ({ dash: reason });

/** Whether a cell is a dash. */
export const isDash = (cell: unknown): cell is Dash =>
  typeof cell === 'object' && cell !== null && 'dash' in cell;

/** A reason for a dash. */
export const NO_COMMANDS =
  'The driver is of this test, and no command knows it; exit codes are checked in the rows of other drivers.';

/** What runs in a cell that is no dash. */
export function live<C>(cell: C | Dash): C {
  if (isDash(cell)) throw new Error(`this cell cannot be: ${cell.dash}`);
  return cell;
}

/** What a row may open for its cells; it is closed after the last one. */
export interface Setting {
  readonly stack: AsyncDisposableStack;
  /** A folder of this row's own. */
  readonly folder: string;
  readonly lab: Lab;
}

/** What a row puts into the two exporters, and tells its cells. */
export interface Parts<F> {
  /** For the Python exporter. */
  readonly python?: Instance;
  /** For ours. */
  readonly ours?: Driver;
  /** Known to every cell, as `facts`; goes to Python as JSON. */
  readonly facts: F;
}

/** The rig of an entry of `defineRig`. */
type AsRig<E> = E extends Rig ? E : E extends Interface ? Rig<E, Record<never, never>> : never;

/** A run of a TypeScript client: once over a Unix socket, once over TLS with a passphrase. */
export interface TypescriptRun<E extends RigEntry, F> {
  readonly peer: 'typescript' | 'python';
  readonly exporter: Exporter;
  readonly transport: Transport;
  /** The typed handle of the row's node. */
  readonly handle: ClientTree<AsRig<E>>;
  /** The same node, unchecked. */
  readonly raw: ExploredNode;
  readonly session: Session;
  readonly facts: F;
  readonly folder: string;
  readonly lab: Lab;
}

/** What a command printed, and its exit code. */
export interface Output {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `j` or `jl` with arguments as they are typed, separated by spaces; `$` in them has no meaning. */
export type Command = (
  line: string,
  options?: {
    readonly input?: string;
    readonly over?: Transport;
    /** For a command without an end: is given the lines until it does not answer `false`, then `signal` follows. */
    readonly whenPrinted?: (line: string) => Promise<unknown>;
    /** By default SIGINT, as Ctrl-C sends it; for `j` SIGKILL. */
    readonly signal?: 'SIGINT' | 'SIGKILL';
  },
) => Promise<Output>;

/** A run of a command, over the Unix socket unless it is told otherwise. */
export interface CommandRun<F> {
  readonly run: Command;
  readonly exporter: Exporter;
  readonly facts: F;
  readonly folder: string;
}

/**
 * A row: a driver, in five combinations. Every assertion in a cell counts; one without any fails.
 *
 * `pyTs` names a file beside the row's, with `def drive(run)`: see `python/run.py` for what `run` has.
 */
export interface Row<E extends RigEntry, F> {
  /** The name of its node in both trees. */
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  /** What the TypeScript client expects of the node. */
  readonly rig: E;
  readonly open: (setting: Setting) => Parts<F> | Promise<Parts<F>>;
  readonly tsTs: ((run: TypescriptRun<E, F>) => Promise<void>) | Dash;
  readonly tsPy: ((run: TypescriptRun<E, F>) => Promise<void>) | Dash;
  readonly pyTs: `${string}.py` | Dash;
  readonly jTs: ((run: CommandRun<F>) => Promise<void>) | Dash;
  readonly jlPy: ((run: CommandRun<F>) => Promise<void>) | Dash;
}

// biome-ignore lint/suspicious/noExplicitAny: rows of all rigs and facts lie in one list
export type AnyRow = Row<any, any>;

/** Defines a row of the matrix. */
export function defineRow<const E extends RigEntry, F>(row: Row<E, F>): Row<E, F> {
  return row;
}
