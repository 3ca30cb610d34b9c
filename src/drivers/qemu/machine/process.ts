import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { LaunchError, LEASHED } from '../../../core/index.ts';
import { DESCRIPTORS } from '../descriptors.ts';

/** How much of what QEMU says on stderr is kept. */
const STDERR_KEPT = 8_000;

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A QEMU that has been started, with our ends of what it inherited. */
export interface QemuProcess {
  readonly pid: number;
  readonly command: readonly string[];
  readonly qmp: Duplex;
  /** What is written to the serial port. */
  readonly input: Writable;
  readonly agent: Duplex;
  /** What the firmware tells of its work. */
  readonly firmware: Readable;
  /** Resolves when the process is gone and all it said is in `stderr`. */
  readonly exited: Promise<ProcessExit>;
  /** The last of what it said on stderr. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
}

/** The files that QEMU gets beside sockets: the one that becomes the guest's RAM, and the one to which its console prints. */
export interface Inheritance {
  readonly memory: number;
  readonly console: number;
  /** For one that starts from a saved machine. */
  readonly state?: number | undefined;
}

/**
 * Starts `command` with the descriptors of {@link DESCRIPTORS}, and the console on its standard input and output.
 *
 * To be called on the main thread: `setpriv --pdeathsig` kills QEMU when the thread that started it ends.
 *
 * @throws LaunchError when the program is not there.
 */
export async function startProcess(
  command: readonly string[],
  { memory, console, state }: Inheritance,
): Promise<QemuProcess> {
  const [file = '', ...args] = command;
  const stdio: ('pipe' | number)[] = ['pipe', console, 'pipe'];
  stdio[DESCRIPTORS.qmp] = 'pipe';
  stdio[DESCRIPTORS.agent] = 'pipe';
  stdio[DESCRIPTORS.memory] = memory;
  stdio[DESCRIPTORS.firmware] = 'pipe';
  if (state !== undefined) stdio[DESCRIPTORS.state] = state;
  const child = spawn(file, args, { stdio, env: { ...process.env, ...LEASHED } });
  const exited = observeExit(child);
  const stderr = keepTail(child.stderr);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const why = String(cause);
    const fields = { command: command.join(' '), exitCode: null, signal: null, stderr: why };
    throw new LaunchError(`cannot start ${file}: ${why}`, fields, { cause });
  }
  const agent = endOf(child, DESCRIPTORS.agent);
  // Nobody reads it unless the guest agent is asked: then nothing else would see its end.
  void exited.then(() => agent.destroy());
  return {
    pid: child.pid as number, // SAFE: it has been started
    command,
    qmp: endOf(child, DESCRIPTORS.qmp),
    input: quietly(child.stdin as Writable), // SAFE: 'pipe' in stdio
    agent,
    firmware: endOf(child, DESCRIPTORS.firmware),
    exited,
    stderr,
    kill: (signal) => void child.kill(signal),
  };
}

/** Our end of an inherited socket. */
function endOf(child: ChildProcess, descriptor: number): Duplex {
  return quietly(child.stdio[descriptor] as Duplex); // SAFE: 'pipe' in stdio
}

/** That the other end is gone is seen by who reads, and in `exited`. */
function quietly<S extends Writable>(stream: S): S {
  stream.on('error', () => undefined);
  return stream;
}

async function observeExit(child: ChildProcess): Promise<ProcessExit> {
  const { promise, resolve } = Promise.withResolvers<ProcessExit>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  const exit = await promise;
  if (child.stderr) await finished(child.stderr).catch(() => undefined);
  return exit;
}

function keepTail(output: Readable | null): () => string {
  let tail = '';
  output?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_KEPT);
  });
  return () => tail.trimEnd();
}

/** `exited with 1`, `was ended by SIGSEGV`. */
export function describeExit({ code, signal }: ProcessExit): string {
  return signal ? `was ended by ${signal}` : `exited with ${code}`;
}
