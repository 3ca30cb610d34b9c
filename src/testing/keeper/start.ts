import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Connected, connect } from '../../client/index.ts';
import { LaunchError } from '../../core/index.ts';
import { KEEPER } from './contract.ts';
import type { KeeperOpened } from './main.ts';

/** The process that keeps the machines of a run of tests. */
export interface Keeper {
  /** Where workers find it. */
  readonly socket: string;
  /** How to get into what outlived its test. */
  kept(): Promise<string[]>;
  /** Tests are about to run again. */
  nextRun(): Promise<void>;
  /** Ends all machines, then the process. Rejects when something was left. */
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../../../bin/test-machines.js', import.meta.url));

/** Starts it. It ends with this process, however that ends, and does not keep it from ending. */
export async function startKeeper({ say }: { readonly say: (line: string) => void }): Promise<Keeper> {
  await using stack = new AsyncDisposableStack();
  const child = fork(PROGRAM, [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  stack.defer(() => letGo(child));
  const socket = await opened(child);
  const keeper: Connected<typeof KEEPER> = stack.use(await connect(socket, KEEPER));
  child.unref();
  child.channel?.unref();
  void tell(keeper, say);
  const held = stack.move();
  return {
    socket,
    kept: () => keeper.kept(),
    nextRun: async () => void (await keeper.nextRun()),
    close: () => held.disposeAsync(),
  };
}

/** Tells it that nobody needs it any more, and waits until it has ended. */
async function letGo(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.ref();
  if (child.connected) child.disconnect();
  if (child.exitCode === null && child.signalCode === null) await ended;
  if (child.exitCode !== 0) throw endedWith(child.exitCode, child.signalCode);
}

async function opened(child: ChildProcess): Promise<string> {
  const failed = once(child, 'exit').then(([code, signal]) => {
    throw endedWith(code, signal);
  });
  failed.catch(() => undefined);
  const [message] = await Promise.race([once(child, 'message'), failed]);
  return (message as KeeperOpened).socket; // SAFE: it is the only message there is
}

async function tell(keeper: Connected<typeof KEEPER>, say: (line: string) => void): Promise<void> {
  try {
    for await (const line of keeper.news()) say(`jumplead: ${line}`);
  } catch {
    // The keeper is closed, or has gone: whoever needs it is told so.
  }
}

function endedWith(exitCode: number | null, signal: NodeJS.Signals | null): LaunchError {
  const how = signal === null ? `exited with ${exitCode}` : `was ended by ${signal}`;
  const message = `the process that keeps the machines of the tests ${how}`;
  return new LaunchError(message, { command: PROGRAM, exitCode, signal, stderr: '' });
}
