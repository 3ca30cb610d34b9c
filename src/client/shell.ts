import { CommandError, type WaitOptions } from '../core/index.ts';
import { Shell } from '../interfaces/index.ts';
import { registerHandle } from './handles.ts';
import type { RemoteNode } from './node.ts';

export interface ShellOptions extends WaitOptions {
  /** Variables for the script's environment. */
  readonly env?: Readonly<Record<string, string>>;
}
export interface ShellRunOptions extends ShellOptions {
  /** `false`: a script that fails is no error. */
  readonly reject?: boolean;
  /** What the script prints, as it comes. */
  readonly onOutput?: (output: ShellText) => void;
}

/** A piece of what a script prints. */
export interface ShellText {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** What a script has printed, and how it ended: 199 stands for one that was stopped because its time was up. */
export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Scripts of the exporter's host, which its configuration names. */
export interface ShellHandle {
  /** The names of the scripts. */
  methods(options?: WaitOptions): Promise<string[]>;
  /**
   * Runs a script to its end; it ends at once when the caller gives up.
   *
   * @throws CommandError when it exits with anything but 0; ConfigError when there is no such script.
   */
  run(method: string, args?: readonly string[], options?: ShellRunOptions): Promise<ShellResult>;
  /** Runs a script and gives what it prints as it comes; returns its exit code. */
  stream(
    method: string,
    args?: readonly string[],
    options?: ShellOptions,
  ): AsyncGenerator<ShellText, number, undefined>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'shell.v1': ShellHandle;
  }
}

function createShell({ calls, path }: RemoteNode<typeof Shell>): ShellHandle {
  async function* stream(
    method: string,
    args: readonly string[] = [],
    { env = {}, ...options }: ShellOptions = {},
  ): AsyncGenerator<ShellText, number, undefined> {
    let exitCode = 0;
    for await (const [stdout, stderr, code] of calls.callMethod(method, env, args, options)) {
      if (stdout !== '') yield { stream: 'stdout', text: stdout };
      if (stderr !== '') yield { stream: 'stderr', text: stderr };
      exitCode = code ?? exitCode;
    }
    return exitCode;
  }
  const run = async (
    method: string,
    args: readonly string[] = [],
    { reject = true, onOutput, ...options }: ShellRunOptions = {},
  ): Promise<ShellResult> => {
    const printed = { stdout: '', stderr: '' };
    const output = stream(method, args, options);
    let next = await output.next();
    for (; !next.done; next = await output.next()) {
      printed[next.value.stream] += next.value.text;
      onOutput?.(next.value);
    }
    const result = { ...printed, exitCode: next.value };
    if (result.exitCode !== 0 && reject) throw failed([method, ...args].join(' '), result, path);
    return result;
  };
  return { methods: (options) => calls.getMethods(options), run, stream };
}

/** The end of stderr that an error quotes. */
const QUOTED = 2_000;

function failed(command: string, result: ShellResult, path: string): CommandError {
  const operation = path ? `${path}.run` : 'run';
  const quoted = result.stderr.trimEnd().slice(-QUOTED);
  const lines = [`${operation}: ${command} exited with ${result.exitCode}`, ...(quoted ? [quoted] : [])];
  return new CommandError(lines.join('\n'), { command, signal: null, ...result }, { operation });
}

registerHandle(Shell, createShell);
