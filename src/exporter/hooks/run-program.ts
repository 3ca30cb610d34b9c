import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  type Duration,
  findProgram,
  LEASHED,
  leash,
  parseDuration,
  startDeadline,
} from '../../core/index.ts';
import { OutputLines } from './output-lines.ts';
import { type Invocation, onTerminal } from './terminal.ts';

export interface RunProgramOptions {
  readonly timeout: Duration;
  /** Ends the program. */
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  /** How long it may take to end after SIGTERM, before it is killed. */
  readonly patience?: Duration | undefined;
}

const PATIENCE: Duration = '5s';
/** How long what is left in the pipe is read after the end: what the hook left behind may keep it open for ever. */
const DRAIN: Duration = '2s';

/**
 * Runs the program of a hook to its end, on a terminal of its own. Resolves to what went wrong, `undefined` when
 * nothing did.
 *
 * @throws the reason of the signal
 */
export async function runProgram(
  invocation: Invocation,
  { timeout, signal, onLine, patience = PATIENCE }: RunProgramOptions,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const { program, args, env, within } = await onTerminal(invocation);
  const [file = program, ...rest] = [...leash(await findProgram(['setpriv'])), program, ...args];
  using deadline = startDeadline({ timeout, signal }, { operation: 'hook', waitingFor: 'its end' });
  try {
    const child = spawn(file, rest, { env: { ...env, ...LEASHED }, detached: true, stdio: 'pipe' });
    const onAbort = () => terminate(child, within, patience);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    const how = await readToEnd(child, onLine);
    deadline.signal.removeEventListener('abort', onAbort);
    signal.throwIfAborted();
    // A hook that ends well in spite of SIGTERM was still not done in time.
    if (deadline.signal.aborted) return `Hook timed out after ${parseDuration(timeout) / 1_000} seconds`;
    return how === 0 ? undefined : `Hook failed with ${typeof how === 'number' ? 'exit code ' : ''}${how}`;
  } catch (error) {
    signal.throwIfAborted();
    return `Error executing hook: ${error instanceof Error ? error.message : error}`;
  }
}

/** Reads what `child` prints until it has ended. Resolves to its exit code, or the name of the signal that ended it. */
async function readToEnd(child: ChildProcess, onLine: (line: string) => void): Promise<number | string> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) {
    const lines = new OutputLines(onLine);
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    stream.once('close', () => lines.end());
  }
  const closed = once(child, 'close');
  closed.catch(() => undefined); // The same error as that of 'exit'.
  const [code, signal] = await once(child, 'exit');
  using drain = startDeadline({ timeout: DRAIN }, { operation: 'hook', waitingFor: 'the rest' });
  drain.signal.addEventListener('abort', () => {
    for (const stream of streams) stream.destroy();
  });
  await closed;
  return code ?? `signal ${signal}`;
}

/** Asks the hook and all that it has started to end, and insists when that does not help. */
function terminate(child: ChildProcess, within: boolean, patience: Duration): void {
  const { pid } = child;
  if (pid === undefined) return;
  // `script` makes words of a signal that it gets: it is left to end when the hook has.
  const hook = within ? childOf(pid) : pid;
  signalGroup(hook, 'SIGTERM');
  const insist = setTimeout(() => {
    signalGroup(hook, 'SIGKILL');
    signalGroup(pid, 'SIGKILL');
  }, parseDuration(patience));
  child.once('exit', () => {
    clearTimeout(insist);
    signalGroup(hook, 'SIGKILL'); // Those of its group that are deaf.
  });
}

/** The process that `pid` has started; itself where it has none, or the kernel does not tell. */
function childOf(pid: number): number {
  try {
    return Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10) || pid;
  } catch {
    return pid;
  }
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // They have ended meanwhile.
  }
}
