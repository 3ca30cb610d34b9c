import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa, type Options } from 'execa';
import type { Driver } from '../../../src/driver/index.ts';
import { type ExporterSession, openSession } from '../../../src/exporter/index.ts';
import { type OnTerminal, openOnTerminal } from '../on-terminal.ts';

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

/** A device that is served by this process, and `jl` for it. */
export interface ServedDevice extends AsyncDisposable {
  readonly socket: string;
  readonly session: ExporterSession;
  jl(args: readonly string[], options?: Options & { env?: object }): Promise<Ran>;
  /** Runs what goes on until it is interrupted: with Ctrl-C, once `use` is done with the first line that it prints. */
  interrupted(args: readonly string[], use: (line: string) => Promise<void>): Promise<Ran>;
  onTerminal(args: readonly string[]): Promise<OnTerminal>;
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
    onTerminal: (args) => openOnTerminal([JL, ...args], env),
    [Symbol.asyncDispose]: () => session.close(),
  };
}

/** `jl` on a terminal, for the device at `socket`. */
export const jlOnTerminal = (socket: string, args: readonly string[]): Promise<OnTerminal> =>
  openOnTerminal([JL, ...args], { ...BARE, JUMPSTARTER_HOST: socket });
