import { startDeadline, type WaitOptions } from '../../core/index.ts';
import {
  type ByteChannel,
  Console,
  type ConsoleStart,
  type ConsoleStatus,
  Serial,
} from '../../interfaces/index.ts';
import { closeWithSession } from '../closing.ts';
import { registerHandle } from '../handles.ts';
import { requireExtended } from '../missing.ts';
import type { RemoteNode } from '../node.ts';
import { openTty, type Tty } from './tty.ts';

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
    open: async ({ escapes, ...options } = {}) => {
      using deadline = startDeadline(options, { operation: 'console.open', waitingFor: 'the console' });
      const { signal } = deadline;
      const status = node.extended ? await calls.status({ signal }) : undefined;
      const channel = await stream({ ...options, timeout: undefined, signal });
      const hasShownAnything = async () => {
        if (!node.extended) return true;
        const { offset, boot } = await calls.status();
        return offset > boot;
      };
      return ownTty(node, channel, escapes, status?.transcript ?? undefined, hasShownAnything);
    },
    status: async (options) => {
      requireExtended(node, 'status', STOCK_CALLS);
      return calls.status(options);
    },
    close: async (options) => void (await calls.close(options)),
  };
}

function createSerial(node: RemoteNode<typeof Serial>): SerialHandle {
  const { calls } = node;
  return {
    stream: (options) => calls.connect(undefined, options),
    open: async ({ escapes, ...options } = {}) => {
      const channel = await calls.connect(undefined, options);
      return ownTty(node, channel, escapes, undefined, async () => true);
    },
    setDtr: async (value, options) => void (await calls.setDtr(value, options)),
    setRts: async (value, options) => void (await calls.setRts(value, options)),
    close: async (options) => void (await calls.close(options)),
  };
}

function ownTty(
  node: RemoteNode,
  channel: ByteChannel,
  escapes: 'strip' | 'keep' = 'strip',
  transcript: string | undefined,
  hasShownAnything: () => Promise<boolean>,
): Tty {
  const { session } = node;
  const close = closeWithSession(session, () => channel[Symbol.asyncDispose]());
  const whyEnded = () => (session.signal.aborted ? session.signal.reason : undefined);
  return openTty({ channel, escapes, transcript, hasShownAnything, whyEnded, close, node });
}

registerHandle(Console, createConsole);
registerHandle(Serial, createSerial);
