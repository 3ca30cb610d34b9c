import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { execa, type Options } from 'execa';
import type { Tty } from '../../../src/client/console/tty.ts';
import { quoteWord } from '../../../src/core/shell-words.ts';
import type { Driver } from '../../../src/driver/index.ts';
import { channelFromDuplex } from '../../../src/drivers/std/index.ts';
import { type ExporterSession, openSession } from '../../../src/exporter/index.ts';
import { ttyOn } from '../../fixtures/open-tty.ts';

export const JL = join(import.meta.dirname, '../../../bin/jl.js');

/** No settings of whoever runs the tests. */
const BARE = {
  JUMPSTARTER_HOST: undefined,
  JMP_GRPC_INSECURE: undefined,
  JUMPSTARTER_GRPC_INSECURE: undefined,
  JMP_GRPC_PASSPHRASE: undefined,
  GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: undefined,
  NO_COLOR: '1',
};

/** What a run of `jl` printed, and how it ended. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

/** Runs `jl` to its end. What it reads from stdin is empty unless the options say. */
export async function runJl(args: readonly string[], options: Options & { env?: object } = {}): Promise<Ran> {
  const { env, ...rest } = options;
  const child = await execa(process.execPath, [JL, ...args], {
    ...(options.input === undefined && { stdin: 'ignore' }),
    reject: false,
    ...rest,
    env: { ...BARE, ...env },
  });
  return { stdout: String(child.stdout), stderr: String(child.stderr), exitCode: child.exitCode };
}

/** `jl` on a terminal of its own, of 100 columns and 30 rows. */
export interface JlTerminal extends AsyncDisposable {
  /** What is shown, with its escape sequences; what is written is typed. */
  readonly tty: Tty;
  /** Changes the size of the window. */
  resize(rows: number, columns: number): Promise<void>;
  /** The exit code. */
  readonly exited: Promise<number>;
}

/** A device that is served by this process, and `jl` for it. */
export interface ServedDevice extends AsyncDisposable {
  readonly socket: string;
  readonly session: ExporterSession;
  jl(args: readonly string[], options?: Options & { env?: object }): Promise<Ran>;
  /** Runs what goes on until it is interrupted: with Ctrl-C, once `use` is done with the first line that it prints. */
  interrupted(args: readonly string[], use: (line: string) => Promise<void>): Promise<Ran>;
  onTerminal(args: readonly string[]): Promise<JlTerminal>;
}

/** Serves `driver` at a private socket. */
export async function serveDevice(driver: Driver): Promise<ServedDevice> {
  const session = await openSession(driver);
  const env = { ...BARE, JUMPSTARTER_HOST: session.socket };
  return {
    socket: session.socket,
    session,
    jl: (args, options = {}) => runJl(args, { ...options, env: { ...env, ...options.env } }),
    interrupted: async (args, use) => {
      const child = execa(process.execPath, [JL, ...args], { env, reject: false, stdin: 'ignore' });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      try {
        const { value } = await lines.next();
        await use(value ?? '');
      } finally {
        child.kill('SIGINT');
      }
      const { stdout, stderr, exitCode } = await child;
      return { stdout, stderr, exitCode };
    },
    onTerminal: (args) => openTerminal(args, env),
    [Symbol.asyncDispose]: () => session.close(),
  };
}

/** `jl` on a terminal, for the device at `socket`. */
export const jlOnTerminal = (socket: string, args: readonly string[]): Promise<JlTerminal> =>
  openTerminal(args, { ...BARE, JUMPSTARTER_HOST: socket });

async function openTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<JlTerminal> {
  const run = [process.execPath, JL, ...args].map(quoteWord).join(' ');
  // The name of the terminal comes first, for those who change its size.
  const line = `stty cols 100 rows 30; tty; exec ${run}`;
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env, TERM: 'xterm-256color' },
  });
  const exited = once(child, 'exit').then(([code]) => Number(code));
  const screen = channelFromDuplex(
    Duplex.from({ readable: child.stdout, writable: child.stdin }),
    'terminal',
  );
  const tty = ttyOn(screen, { escapes: 'keep' });
  const { match } = await tty.expect(/(\/dev\/\S+)\r\n/);
  const path = match?.[1] ?? '';
  return {
    tty,
    exited,
    resize: async (rows, columns) => {
      await execa('stty', ['-F', path, 'rows', String(rows), 'cols', String(columns)]);
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
      await tty.close();
    },
  };
}
