import { type FileHandle, open } from 'node:fs/promises';
import type { Duplex, Writable } from 'node:stream';
import { type Duration, LaunchError } from '../../../core/index.ts';
import { openMemoryFile } from './memory-file.ts';
import { comesWithin } from './patience.ts';
import { giveWay } from './priority.ts';
import { describeExit, type ProcessExit, type QemuProcess, startProcess } from './process.ts';
import { isHangUp, openQmp, type Qmp, type QmpListener } from './qmp.ts';

/** What is needed to start a QEMU. */
export interface Launch {
  /** The whole command line, wrapper first. */
  readonly command: readonly string[];
  /** The guest's memory: what is to be made, or a file that is there and stays open. */
  readonly memory: { readonly folder: string; readonly bytes: number } | FileHandle;
  /** The file with the state of the devices that it starts from. */
  readonly state?: string | undefined;
  /** Nobody waits for it: it gives way to others until its CPUs run. */
  readonly background?: boolean | undefined;
  /** Whom QEMU runs as, where that is not we ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** The steps of a launch. */
export type LaunchStep = 'spawn' | 'qmp';

export interface LaunchOptions extends QmpListener {
  /** Is told of each step when it is done. */
  readonly onStep?: (step: LaunchStep) => void;
  readonly signal: AbortSignal;
  /** The file to which the serial port prints. */
  readonly console: string;
  /** Gets what is to be written to the serial port. */
  readonly onInput: (input: Writable) => void;
  /** Gets what the firmware tells of its work. */
  readonly onFirmware: (chunk: Uint8Array) => void;
  /** How long each step of insisting may take before the next: `quit`, SIGTERM, SIGKILL. */
  readonly patience?: Duration;
}

/** A QEMU that has been started and is under control. Its CPUs stand still until `cont`. */
export interface QemuInstance {
  readonly pid: number;
  readonly qmp: Qmp;
  /** QEMU's version, by its own word. */
  readonly version: string;
  /** Resolves when the process is gone, and its memory. */
  readonly exited: Promise<ProcessExit>;
  /** The last of what QEMU said on stderr. */
  stderr(): string;
  /** The port of the guest agent. */
  readonly agent: Duplex;
  /** The file that is the guest's memory; open until the process is gone. */
  readonly memory: FileHandle;
  /**
   * Ends the process: by asking it to quit, by SIGTERM, by SIGKILL. Resolves when it is gone. Called again with less patience,
   * it is over sooner.
   */
  insist(patience?: Duration): Promise<ProcessExit>;
}

/**
 * Starts QEMU and takes control of it. When that fails, or `signal` aborts, no process is left.
 *
 * @throws LaunchError when QEMU ends before it is under control; ProtocolError or DeadlineError when what was started does
 * not behave as QEMU does.
 */
export async function launchQemu(launch: Launch, options: LaunchOptions): Promise<QemuInstance> {
  const { signal, patience = '5s' } = options;
  signal.throwIfAborted();
  await using stack = new AsyncDisposableStack();
  const memory = await memoryOf(launch);
  if (memory !== launch.memory) stack.use(memory);
  const process = await startInheriting(launch, memory, options.console);
  stack.defer(async () => {
    process.kill('SIGKILL');
    await process.exited;
  });
  if (launch.background) giveWay(process.pid);
  options.onInput(process.input);
  process.firmware.on('data', options.onFirmware);
  options.onStep?.('spawn');
  const qmp = stack.use(await takeControl(process, options));
  options.onStep?.('qmp');
  void killWhenUncontrolled(process, qmp, patience);
  signal.throwIfAborted();
  stack.move();
  const close = async (exit: ProcessExit) => {
    if (memory !== launch.memory) await memory.close();
    return exit;
  };
  return {
    pid: process.pid,
    memory,
    qmp,
    version: await qmp.greeted,
    exited: process.exited.then(close),
    stderr: process.stderr,
    agent: process.agent,
    insist: (own = patience) => insist(process, qmp, own),
  };
}

const memoryOf = async ({ memory, user }: Launch): Promise<FileHandle> =>
  'folder' in memory ? await openMemoryFile(memory, user) : memory;

async function startInheriting(
  { command, state: saved }: Launch,
  memory: FileHandle,
  path: string,
): Promise<QemuProcess> {
  // QEMU has its own descriptors of these from the start; ours are only in the way.
  await using console = await open(path, 'a');
  await using state = saved === undefined ? undefined : await open(saved);
  return await startProcess(command, { memory: memory.fd, console: console.fd, state: state?.fd });
}

async function takeControl(process: QemuProcess, options: LaunchOptions): Promise<Qmp> {
  const ended = process.exited.then((exit) => Promise.reject(launchError(process, exit)));
  ended.catch(() => undefined);
  const { onEvent, onLine, signal } = options;
  const listener = { ...(onEvent && { onEvent }), ...(onLine && { onLine }) };
  try {
    return await Promise.race([openQmp(process.qmp, listener, { signal }), ended]);
  } catch (error) {
    signal.throwIfAborted();
    if (!isHangUp(error)) throw error;
    process.kill('SIGKILL');
    return await ended;
  }
}

function launchError({ command, stderr }: QemuProcess, exit: ProcessExit): LaunchError {
  const said = stderr();
  const message = [`QEMU ${describeExit(exit)} before it was under control`, ...(said ? [said] : [])].join(
    '\n',
  );
  const fields = { command: command.join(' '), exitCode: exit.code, signal: exit.signal, stderr: said };
  return new LaunchError(message, fields, { operation: 'power.on' });
}

/** A QEMU that has hung up is ending; if it does not, nobody could end it in an orderly way any more. */
async function killWhenUncontrolled(process: QemuProcess, qmp: Qmp, patience: Duration): Promise<void> {
  await qmp.closed;
  if (!(await comesWithin(process.exited, patience))) process.kill('SIGKILL');
}

async function insist(process: QemuProcess, qmp: Qmp, patience: Duration): Promise<ProcessExit> {
  qmp.execute('quit', {}, { timeout: patience }).catch(() => undefined);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (await comesWithin(process.exited, patience)) break;
    process.kill(signal);
  }
  return await process.exited;
}
