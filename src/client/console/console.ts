import { startDeadline, type WaitOptions } from '../../core/index.ts';
import {
  type ByteChannel,
  Console,
  type ConsoleStart,
  type ConsoleStatus,
  Serial,
} from '../../interfaces/index.ts';
import { closeWithSession } from '../closing.ts';
import { type FaultOptions, watchFaults } from '../faults/fault-watch.ts';
import { registerHandle } from '../handles.ts';
import { requireExtended } from '../missing.ts';
import type { RemoteNode } from '../node.ts';
import { openTty, type Tty, type TtyParts } from './tty.ts';

/** How a recorded console is opened as bytes. */
export interface ConsoleStreamOptions extends WaitOptions {
  /**
   * Where reading starts. `next` (default): at the last power-on for the first reader since then, later where reading had
   * got to, so that an old prompt is not met twice. `boot`: at the last power-on; `now`: with what comes next; a number:
   * at that offset since recording began.
   */
  readonly from?: ConsoleStart;
  /** Takes the turn to write from whoever has it. */
  readonly takeOver?: boolean;
}

/** How a console is opened for a conversation. */
export interface TtyOptions {
  /** `keep` leaves escape sequences in the text. Default: `strip`; `login` and `run` want that. */
  readonly escapes?: 'strip' | 'keep';
  /** What waits do when the device fails, unless they say so themselves: see `FaultOptions`. Default: `reject`. */
  readonly faults?: FaultOptions['faults'];
}

/** A console that is recorded from its first byte. */
export interface ConsoleHandle {
  /** Opens the console for a conversation. */
  open(options?: ConsoleStreamOptions & TtyOptions): Promise<Tty>;
  /** Opens the console as bytes. */
  stream(options?: ConsoleStreamOptions): Promise<ByteChannel>;
  /** Where the recording is, and who may write. */
  status(options?: WaitOptions): Promise<ConsoleStatus>;
  /** Ends every open stream of the console, also those of others. */
  close(options?: WaitOptions): Promise<void>;
}

/** A serial port with its control lines. */
export interface SerialHandle {
  /** Opens the port for a conversation. */
  open(options?: WaitOptions & TtyOptions): Promise<Tty>;
  /** Opens the port as bytes. */
  stream(options?: WaitOptions): Promise<ByteChannel>;
  setDtr(value: boolean, options?: WaitOptions): Promise<void>;
  setRts(value: boolean, options?: WaitOptions): Promise<void>;
  /** Closes the port, ending every open stream. */
  close(options?: WaitOptions): Promise<void>;
}

declare module '../handles.ts' {
  interface HandleTypes {
    'console.v1': ConsoleHandle;
    'serial.v1': SerialHandle;
  }
}

const STOCK_CALLS = ['connect', 'close'];

function createConsole(node: RemoteNode<typeof Console>): ConsoleHandle {
  const { calls } = node;
  const stream = async ({ from, takeOver, ...options }: ConsoleStreamOptions = {}) => {
    if (node.extended)
      return calls.connect({ ...(from !== undefined && { from }), ...(takeOver && { takeOver }) }, options);
    if (from !== undefined || takeOver) requireExtended(node, 'connect({ from, takeOver })', STOCK_CALLS);
    return calls.connect(undefined, options);
  };
  return {
    stream,
    open: async ({ escapes, faults, ...options } = {}) => {
      using deadline = startDeadline(options, { operation: 'console.open', waitingFor: 'the console' });
      const { signal } = deadline;
      const status = node.extended ? await calls.status({ signal }) : undefined;
      const recorded = status && locate(node, status, options.from);
      const waits = { timeout: undefined, signal };
      const channel = recorded
        ? await calls.connect(steadily(recorded.start, options), waits)
        : await stream({ ...options, ...waits });
      const hasShownAnything = async () => {
        if (!node.extended) return true;
        const { offset, boot, resumed } = await calls.status();
        return offset > boot || resumed === true;
      };
      const transcript = status?.transcript ?? undefined;
      return ownTty(node, { channel, escapes, faults, transcript, recorded, hasShownAnything });
    },
    status: async (options) => {
      requireExtended(node, 'status', STOCK_CALLS);
      return calls.status(options);
    },
    close: async (options) => void (await calls.close(options)),
  };
}

/**
 * Where in the recording a stream is going to begin, and who tells of faults. Said beforehand, it is known of each fault
 * whether its text has been read already.
 */
function locate(
  node: RemoteNode<typeof Console>,
  { next, boot, offset, oldest = 0 }: ConsoleStatus,
  from: ConsoleStart = 'next',
): TtyParts['recorded'] {
  const watch = next === undefined ? undefined : watchFaults(node);
  if (!watch || next === undefined) return undefined;
  const start = typeof from === 'number' ? from : { next, boot, now: offset }[from];
  // What is not there any more is told by the stream.
  return start < oldest ? undefined : { watch, start };
}

/** A stream that goes on after a reset. */
function steadily(start: number, { from = 'next', takeOver = false }: ConsoleStreamOptions) {
  return { from: start, takeOver, counts: from === 'next', faults: 'stay' } as const;
}

function createSerial(node: RemoteNode<typeof Serial>): SerialHandle {
  const { calls } = node;
  return {
    stream: (options) => calls.connect(undefined, options),
    open: async ({ escapes, faults, ...options } = {}) => {
      const channel = await calls.connect(undefined, options);
      return ownTty(node, {
        channel,
        escapes,
        faults,
        transcript: undefined,
        hasShownAnything: async () => true,
      });
    },
    setDtr: async (value, options) => void (await calls.setDtr(value, options)),
    setRts: async (value, options) => void (await calls.setRts(value, options)),
    close: async (options) => void (await calls.close(options)),
  };
}

function ownTty(
  node: RemoteNode,
  {
    escapes = 'strip',
    channel,
    ...parts
  }: Omit<TtyParts, 'escapes' | 'whyEnded' | 'close' | 'node'> & Pick<TtyOptions, 'escapes'>,
): Tty {
  const { session } = node;
  const close = closeWithSession(session, () => channel[Symbol.asyncDispose]());
  const whyEnded = () => (session.signal.aborted ? session.signal.reason : undefined);
  return openTty({ ...parts, channel, escapes, whyEnded, close, node });
}

registerHandle(Console, createConsole);
registerHandle(Serial, createSerial);
