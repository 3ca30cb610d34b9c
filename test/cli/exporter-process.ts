import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLI } from './run-cli.ts';

/** `jumplead run`, as a process of its own, that is ready. */
export interface ExporterProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it has said on stderr so far. */
  said(): string;
  /** What it has said on stdout: the variables that clients need. */
  readonly variables: Readonly<Record<string, string>>;
  /** Waits until it has said so on stderr. */
  hears(text: string): Promise<void>;
  /** Sends the signal and waits for the end. Resolves to the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts it and waits until it says that it is `ready`, or something else that stands for that. */
export async function startExporter(
  args: readonly string[],
  { env = {}, until = 'ready\n' }: { readonly env?: NodeJS.ProcessEnv; readonly until?: string } = {},
): Promise<ExporterProcess> {
  const child = spawn(process.execPath, [CLI, 'run', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (more: string) => (text[name] += more));
  const ended = once(child, 'close');
  const hears = async (wanted: string) => {
    while (!text.stderr.includes(wanted)) {
      const more = await Promise.race([once(child.stderr, 'data'), ended.then(() => 'ended' as const)]);
      if (more === 'ended' && !text.stderr.includes(wanted)) throw new Error(`it has ended: ${text.stderr}`);
    }
  };
  await hears(until);
  if (until === 'ready\n') while (!text.stdout.includes('JUMPSTARTER_HOST')) await once(child.stdout, 'data');
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await ended;
    return code;
  };
  return {
    child,
    said: () => text.stderr,
    variables: Object.fromEntries(
      text.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    ),
    hears,
    stop,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
