import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { findProgram, LaunchError, LEASHED, leash } from '../../core/index.ts';

/** A command line, where it runs, and how long it has to end when it is told to. */
export interface ScriptRun {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string | undefined;
  /** Added to our own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** In milliseconds. */
  readonly grace: number;
}

/** Takes what a script prints; the script waits for it. */
export type TakeOutput = (stream: 'stdout' | 'stderr', text: string) => Promise<void>;

/**
 * Runs a script to its end and returns its exit code; whatever holds its output open counts as part of it.
 *
 * When `signal` aborts, its process group is told to end, and killed after the grace; this then resolves as soon as it has
 * ended. When `take` rejects, so does this, and the script ends in the same way. @throws LaunchError when it cannot be started
 */
export async function runScript(run: ScriptRun, take: TakeOutput, signal: AbortSignal): Promise<number> {
  const { argv, cwd, env, grace } = run;
  const [file] = argv;
  if (!(await findProgram([file]))) throw missing(argv);
  const [program = file, ...args] = [...leash(await findProgram(['setpriv'])), ...argv];
  // A group of its own, so that all that it starts can be told to end.
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, ...LEASHED },
    ...(cwd !== undefined && { cwd }),
  });
  const { stdout, stderr } = child;
  const ended = once(child, 'exit').catch((cause: Error) => {
    throw notStarted(argv, cause);
  });
  const enough = new AbortController();
  const stopped = AbortSignal.any([signal, enough.signal]);
  using _ = stopOn(stopped, child.pid, grace, () => [stdout, stderr].map((stream) => stream.destroy()));
  const forwarded = [
    forward(stdout, (text) => take('stdout', text)),
    forward(stderr, (text) => take('stderr', text)),
  ];
  const all = Promise.all([ended, ...forwarded]).catch((reason: unknown) => {
    enough.abort();
    throw reason;
  });
  const outcomes = await Promise.allSettled([all, ended, ...forwarded]);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure && !signal.aborted) throw failure.reason;
  const [code, by] = await ended;
  return exitCode(code, by);
}

/** Text as it comes, never cut within a character. */
async function forward(stream: Readable, take: (text: string) => Promise<void>): Promise<void> {
  const decoder = new StringDecoder('utf8');
  for await (const chunk of stream) {
    const text = decoder.write(chunk);
    if (text !== '') await take(text);
  }
  const last = decoder.end();
  if (last !== '') await take(last);
}

/** Ends a process group when `signal` aborts: asked first, killed after the grace, and `letGo` of its output then. */
function stopOn(signal: AbortSignal, pid: number | undefined, grace: number, letGo: () => void): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    killGroup(pid, 'SIGTERM');
    timer = setTimeout(() => {
      killGroup(pid, 'SIGKILL');
      letGo();
    }, grace);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
    },
  };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}

/** As a shell tells it: 128 and the number of the signal that ended it. */
function exitCode(code: number | null, by: NodeJS.Signals | null): number {
  return code ?? 128 + (by ? constants.signals[by] : 0);
}

function missing(argv: readonly string[]): LaunchError {
  return launchError(argv, `${argv[0]} is not installed`);
}

function notStarted(argv: readonly string[], cause: Error): LaunchError {
  return launchError(argv, `${argv[0]} could not be started: ${cause.message}`, cause);
}

function launchError(argv: readonly string[], message: string, cause?: Error): LaunchError {
  const fields = { command: argv.join(' '), exitCode: null, signal: null, stderr: '' };
  return new LaunchError(message, fields, cause && { cause });
}
