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
  // Loaded at the first use: it is most of what a start of the command line would cost.
  const { execa } = await import('execa');
  const path = { ...process.env, ...env };
  // The shell of the leash could not say so well what is missing.
  const held = (await findProgram([file], path)) ? leash(await findProgram(['setpriv'])) : [];
  const [program = file, ...rest] = [...held, ...through, file, ...args];
  const child = execa(program, rest, {
    reject: false,
    ...(cwd && { cwd }),
    env: { ...env, ...LEASHED },
    ...(signal && { cancelSignal: signal, forceKillAfterDelay: 1_000 }),
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(onLine && { all: true }),
  });
  if (onLine) for await (const line of child.iterable({ from: 'all' })) onLine(String(line));
  const result = await child;
  signal?.throwIfAborted();
  if (!result.failed) return { stdout: String(result.stdout ?? ''), stderr: String(result.stderr ?? '') };
  const stderr = String(result.stderr ?? '').slice(-4_000);
  const missing = result.code === 'ENOENT';
  const what = missing
    ? 'is not installed'
    : result.signal
      ? `was ended by ${result.signal}`
      : `exited with ${result.exitCode}`;
  throw new LaunchError(
    [`${file} ${what}`, ...(missing && hint ? [hint] : []), ...(stderr ? [stderr.trimEnd()] : [])].join('\n'),
    {
      command: [file, ...args].join(' '),
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      stderr,
      ...(missing && hint ? { hint } : {}),
    },
    { cause: result.cause ?? result },
  );
}
