import {
  type Command,
  CommandError,
  type OpenWait,
  shellLine,
  startDeadline,
  type WaitOptions,
} from '../../core/index.ts';
import { guardAgainstFaults } from '../faults/fault-guard.ts';
import type { FaultOptions, FaultWatch } from '../faults/fault-watch.ts';
import type { SshConnection } from './ssh-connect.ts';
import { type SshExit, type SshProcess, startProcess, withEnvironment } from './ssh-process.ts';

export interface SshRunOptions extends WaitOptions, FaultOptions {
  /** `false`: a command that fails is no error. */
  readonly reject?: boolean;
  /** What the command reads; default: nothing. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a command printed, and how it ended. */
export interface SshResult extends SshExit {
  readonly stdout: string;
  readonly stderr: string;
}

/** The end of stderr that an error quotes. */
const QUOTED = 2_000;

/** Runs a command to its end; see `SshSession.run`. */
export async function runOverSsh(
  connection: SshConnection,
  command: Command,
  { reject = true, stdin, env = {}, ...waits }: SshRunOptions & OpenWait,
  watch?: FaultWatch,
): Promise<SshResult> {
  const line = shellLine(command);
  const purpose = { operation: 'ssh.run', waitingFor: `the end of ${JSON.stringify(line)}` };
  using deadline = startDeadline(waits, purpose);
  using guard = await guardAgainstFaults(watch, { ...waits, signal: deadline.signal }, purpose);
  const { signal } = guard;
  const running = await startProcess(connection, withEnvironment(line, env), undefined, signal);
  const stop = () => {
    running.kill('KILL');
    void running[Symbol.asyncDispose]();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [stdout, stderr, exit] = await Promise.all([
      collect(running.stdout),
      collect(running.stderr),
      running.exited,
      feed(running, stdin),
    ]);
    signal.throwIfAborted();
    const result = { stdout, stderr, ...exit };
    if (exit.exitCode !== 0 && reject) throw commandError(line, result);
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(chunks)).toString();
}

/** A command may end without having read what it was given. */
async function feed(running: SshProcess, stdin: SshRunOptions['stdin']): Promise<void> {
  if (typeof stdin === 'string') await running.write(Buffer.from(stdin));
  else if (stdin instanceof Uint8Array) await running.write(stdin);
  else if (stdin) for await (const chunk of stdin) await running.write(chunk);
  await running.end();
}

function commandError(command: string, result: SshResult): CommandError {
  const { exitCode, signal, stderr } = result;
  const how =
    exitCode !== null
      ? `exited with ${exitCode}`
      : signal
        ? `was ended by ${signal}`
        : 'ended without a status';
  const said = stderr.slice(-QUOTED).trimEnd();
  return new CommandError(
    [`ssh.run: ${JSON.stringify(command)} ${how}`, ...(said ? [said] : [])].join('\n'),
    { command, ...result },
    { operation: 'ssh.run' },
  );
}
