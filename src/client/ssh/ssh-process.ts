import type { Readable } from 'node:stream';
import type { ClientChannel, PseudoTtyOptions } from 'ssh2';
import { quoteWord, raceSignal } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import type { SshConnection } from './ssh-connect.ts';

/** A terminal for the command. */
export interface TerminalSize {
  /** As in `$TERM`; default: `xterm-256color`. */
  readonly term?: string;
  readonly rows?: number;
  readonly columns?: number;
}

/** How a command ended: with a code, or by a signal such as `SIGTERM`. Both are null when the server did not say. */
export interface SshExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A command that runs on the device. Disposing of it ends it. */
export interface SshProcess extends AsyncDisposable {
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Must be read to its end as well, or a command that writes much of it comes to a halt. */
  readonly stderr: AsyncIterable<Uint8Array>;
  /** Resolves when the command takes more. */
  write(chunk: Uint8Array): Promise<void>;
  /** The end of the command's input. */
  end(): Promise<void>;
  /** Tells the terminal's new size. */
  resize(rows: number, columns: number): void;
  /** Sends a signal, such as `TERM`, as long as the input has not been ended. */
  kill(signal: string): void;
  /** How it ended; rejects with an UnreachableError when the connection ended first. */
  readonly exited: Promise<SshExit>;
}

/** An interactive shell: bytes of its terminal. */
export interface SshShell extends ByteChannel {
  resize(rows: number, columns: number): void;
  readonly exited: Promise<SshExit>;
}

/** Variables for a command, set by the shell that runs it: servers take hardly any from outside. */
export function withEnvironment(line: string, env: Readonly<Record<string, string>>): string {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${quoteWord(value)}`);
  return settings.length === 0 ? line : `export ${settings.join(' ')}; ${line}`;
}

/** Starts a command line on the device. */
export function startProcess(
  connection: SshConnection,
  line: string,
  pty: TerminalSize | undefined,
  signal: AbortSignal,
): Promise<SshProcess> {
  return openChannel(
    connection,
    signal,
    (done) => connection.client.exec(line, pty ? { pty: ptyOptions(pty) } : {}, done),
    (channel: ClientChannel) => processOf(connection, channel),
  );
}

/** Starts the user's shell in a terminal. */
export function startShell(
  connection: SshConnection,
  size: TerminalSize,
  signal: AbortSignal,
): Promise<SshShell> {
  return openChannel(
    connection,
    signal,
    (done) => connection.client.shell(ptyOptions(size), done),
    (channel: ClientChannel) => shellOf(connection, channel),
  );
}

function shellOf(connection: SshConnection, channel: ClientChannel): SshShell {
  channel.stderr.resume();
  const { stdout, ...shell } = processOf(connection, channel);
  return { ...shell, [Symbol.asyncIterator]: () => stdout[Symbol.asyncIterator]() };
}

/**
 * Opens a channel of the connection, or says why there is none. `use` is called before anything else of the channel is
 * looked at: a short command may have ended by the time that a promise is settled.
 */
export async function openChannel<C, T>(
  { ended }: SshConnection,
  signal: AbortSignal,
  open: (done: (error: Error | undefined, channel: C) => void) => unknown,
  use: (channel: C) => T,
): Promise<T> {
  ended.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  open((error, channel) => (error ? reject(error) : resolve(use(channel))));
  return raceSignal(promise, AbortSignal.any([signal, ended]));
}

function processOf({ ended }: SshConnection, channel: ClientChannel): SshProcess {
  const exited = exitOf(ended, channel);
  // Whoever only reads the output learns of a broken connection there.
  exited.catch(() => undefined);
  const write = (chunk: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      channel.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  // A channel that is closed refuses what is written to it, or keeps silent about it.
  const unlessOver = (act: Promise<void>) => {
    const over = exited.then(() => undefined);
    return Promise.race([act.catch(() => over), over]);
  };
  return {
    stdout: outputOf(ended, channel.stdout),
    stderr: outputOf(ended, channel.stderr),
    write: (chunk) => unlessOver(write(chunk)),
    end: async () => void channel.end(),
    resize: (rows, columns) => channel.setWindow(rows, columns, 0, 0),
    kill: (signal) => channel.signal(signal),
    exited,
    [Symbol.asyncDispose]: async () => {
      channel.signal('HUP');
      channel.close();
    },
  };
}

/** With the connection the output ends as well: that is not its end. */
export function outputOf(ended: AbortSignal, stream: Readable): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: async function* () {
      // Leaving the loop early leaves the stream open for another.
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array; // SAFE: bytes
      ended.throwIfAborted();
    },
  };
}

/** Known when the server says so, which may be before all output has been read. */
async function exitOf(ended: AbortSignal, channel: ClientChannel): Promise<SshExit> {
  const { promise, resolve } = Promise.withResolvers<SshExit>();
  channel.on('exit', (code: number | null, signal?: string) =>
    resolve({ exitCode: code, signal: signal ?? null }),
  );
  channel.on('close', () => resolve({ exitCode: null, signal: null }));
  return raceSignal(promise, ended);
}

function ptyOptions({ term = 'xterm-256color', rows = 24, columns = 80 }: TerminalSize): PseudoTtyOptions {
  return { term, rows, cols: columns, width: 0, height: 0 };
}
