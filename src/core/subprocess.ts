import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LaunchError } from './errors.ts';
import { LEASHED, leash } from './leash.ts';
import { findProgram } from './programs.ts';

export interface RunToolOptions {
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** What to say when the program is missing: the package that has it. */
  readonly hint?: string;
  /** A program and its arguments that `file` is run by, such as `['nice', '--']`; errors do not name it. */
  readonly through?: readonly string[];
  /** Each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface ToolResult {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program of the host to its end, which comes at the latest with that of this process.
 *
 * @throws LaunchError when it is missing or exits with anything but 0; the signal's reason when that aborts (the
 * program gets SIGTERM, and SIGKILL a second later).
 */
export async function runTool(
  file: string,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<ToolResult> {
  const { signal, cwd, env, input, hint, onLine, through = [] } = options;
  signal?.throwIfAborted();
  const path = { ...process.env, ...env };
  // The shell of the leash could not say so well what is missing.
  const held = (await findProgram([file], path)) ? leash(await findProgram(['setpriv'])) : [];
  const [program = file, ...rest] = [...held, ...through, file, ...args];
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const stdio: [typeof stdin, 'pipe', 'pipe'] = [stdin, 'pipe', 'pipe'];
  const child = spawn(program, rest, { cwd, env: { ...path, ...LEASHED }, stdio });
  const end = await run(child, { signal, input, onLine });
  signal?.throwIfAborted();
  const { stdout, code, killedBy, error } = end;
  if (code === 0) return { stdout, stderr: end.stderr };
  const stderr = end.stderr.slice(-4_000);
  const missing = error?.code === 'ENOENT';
  const what = missing
    ? 'is not installed'
    : killedBy
      ? `was ended by ${killedBy}`
      : error
        ? `cannot be run (${error.code ?? error.message})`
        : `exited with ${code}`;
  throw new LaunchError(
    [`${file} ${what}`, ...(missing && hint ? [hint] : []), ...(stderr ? [stderr.trimEnd()] : [])].join('\n'),
    {
      command: [file, ...args].join(' '),
      exitCode: code,
      signal: killedBy,
      stderr,
      ...(missing && hint ? { hint } : {}),
    },
    { cause: error },
  );
}

/** How a program has ended, and what it said, without the last line end. */
interface End extends ToolResult {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  /** It could not be started. */
  readonly error?: NodeJS.ErrnoException;
}

/** Follows a program to its end. By hand: a library for it takes an idle exporter 7 MB of memory (docs/benchmarks.md). */
async function run(
  child: ChildProcess,
  { signal, input, onLine }: Pick<RunToolOptions, 'signal' | 'input' | 'onLine'>,
): Promise<End> {
  using _ = endWith(child, signal);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
    if (stream && onLine) createInterface({ input: stream }).on('line', onLine);
  }
  // That it does not read it is no failure of ours.
  child.stdin?.on('error', () => undefined).end(input);
  const [code, killedBy, error] = await once(child, 'close').catch((cause) => [null, null, cause]);
  const withoutEnd = (text: string) => text.replace(/\r?\n$/, '');
  const { stdout, stderr } = said;
  return { stdout: withoutEnd(stdout), stderr: withoutEnd(stderr), code, killedBy, error };
}

/** Ends a program with the signal, or with this process: where there is no leash, nothing else does. */
function endWith(child: ChildProcess, signal: AbortSignal | undefined): Disposable {
  let insisting: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill();
    insisting ??= setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  };
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  if (RUNNING.size === 0) process.once('exit', endAll);
  RUNNING.add(child);
  return {
    [Symbol.dispose]: () => {
      clearTimeout(insisting);
      signal?.removeEventListener('abort', end);
      RUNNING.delete(child);
      if (RUNNING.size === 0) process.off('exit', endAll);
    },
  };
}

/** How long a program may take to end by itself once it was told, in milliseconds. */
const PATIENCE = 1_000;
const RUNNING = new Set<ChildProcess>();

function endAll(): void {
  for (const child of RUNNING) child.kill();
}
