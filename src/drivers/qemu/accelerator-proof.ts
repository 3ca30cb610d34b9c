import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Duplex, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  type Duration,
  LEASHED,
  openOwnedFolder,
  raceSignal,
  runtimeFolders,
  startDeadline,
} from '../../core/index.ts';
import type { UefiFirmware } from './firmware-descriptors.ts';
import { option } from './plan/options.ts';

/** What is tried: a machine with nothing but firmware, on the accelerator in question. */
export interface ProofMachine {
  readonly binary: string;
  /** What QEMU is started through. */
  readonly wrapper: readonly string[];
  readonly accelerator: 'kvm' | 'hvf';
  /** With its properties. */
  readonly machine: string;
  readonly cpu: string;
  readonly firmware: UefiFirmware;
}

/** Whether an accelerator works, and how that was seen. */
export interface Verdict {
  readonly works: boolean;
  readonly evidence: string;
  readonly command: string;
  /** How QEMU ended, where it did so by itself. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

export interface ProofOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the firmware may take to print something; where acceleration works it is about a second. */
  readonly patience?: Duration | undefined;
}

type Seen = Partial<Verdict> & Pick<Verdict, 'works' | 'evidence'>;

const PATIENCE: Duration = '10s';
/** The descriptor of QMP. The firmware's serial port is QEMU's stdout. */
const QMP = 3;

/**
 * Runs firmware on an accelerator until it prints something. That a device node is there and may be opened proves little:
 * KVM within a virtual machine may refuse a register of the CPU, fail to emulate an instruction, or stand still.
 */
export async function proveAccelerator(machine: ProofMachine, options: ProofOptions = {}): Promise<Verdict> {
  const { signal, patience = PATIENCE } = options;
  const [file = '', ...args] = [...machine.wrapper, machine.binary, ...proofArguments(machine)];
  await using stack = new AsyncDisposableStack();
  // QEMU makes a file there for what the firmware writes.
  const scratch = stack.use(await openOwnedFolder(await runtimeFolders()));
  const child = startProof(file, args, scratch.path);
  const ended = waitForEnd(child);
  stack.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const stderr = text(child.stderr).catch(() => '');
  using deadline = startDeadline(
    { signal, timeout: patience },
    { operation: 'proof', waitingFor: 'the firmware' },
  );
  const seen = await raceSignal(
    Promise.race([firstWord(child), stopped(child, ended)]),
    deadline.signal,
  ).catch(() => silence(signal, patience));
  child.kill('SIGKILL');
  await ended;
  const end = { exitCode: null, signal: null };
  return { command: [file, ...args].join(' '), stderr: (await stderr).trim(), ...end, ...seen };
}

function proofArguments({ accelerator, machine, cpu, firmware: { code, vars } }: ProofMachine): string[] {
  const flash = { if: 'pflash', unit: 0, format: code.format, readonly: true, file: code.path };
  // `snapshot` keeps what the firmware writes out of the template.
  const nvram = { if: 'pflash', unit: 1, format: vars.format, snapshot: true, file: vars.path };
  return [
    ...['-accel', accelerator, '-machine', machine, '-cpu', cpu, '-m', '256'],
    ...['-no-user-config', '-nodefaults', '-display', 'none'],
    ...['-chardev', option('socket', { id: 'qmp', fd: QMP }), '-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', 'stdio,id=serial,signal=off', '-serial', 'chardev:serial'],
    ...['-drive', option('', flash), '-drive', option('', nvram)],
  ];
}

type Proof = ChildProcessByStdio<null, Readable, Readable>;

const startProof = (file: string, args: string[], scratch: string): Proof =>
  // SAFE: that is what `stdio` says; Node's types do not go beyond three descriptors.
  spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...LEASHED, TMPDIR: scratch },
  }) as unknown as Proof;

async function waitForEnd(child: Proof): Promise<Seen> {
  try {
    const [exitCode, signal] = await once(child, 'close');
    const how = signal === null ? `exited with ${exitCode}` : `was ended by ${signal}`;
    return { works: false, evidence: `QEMU ${how}`, exitCode, signal };
  } catch (error) {
    return {
      works: false,
      evidence: `QEMU could not be started: ${error instanceof Error ? error.message : error}`,
    };
  }
}

async function firstWord({ stdout }: Proof): Promise<Seen> {
  await once(stdout, 'data');
  return { works: true, evidence: 'the firmware ran on it' };
}

/** QEMU stops a machine whose CPU it cannot go on with, and tells so; or it ends. */
async function stopped(child: Proof, ended: Promise<Seen>): Promise<Seen> {
  const qmp: unknown = child.stdio[QMP];
  // A broken connection means that QEMU is gone, which its end says better.
  const status = qmp instanceof Duplex ? await statusAfterStop(qmp).catch(() => undefined) : undefined;
  return status === undefined ? ended : { works: false, evidence: `QEMU stopped the machine: ${status}` };
}

async function statusAfterStop(qmp: Duplex): Promise<string | undefined> {
  const lines = createInterface({ input: qmp });
  // It may break after the answer, too.
  lines.on('error', () => undefined);
  qmp.write('{"execute":"qmp_capabilities"}\n');
  for await (const line of lines) {
    const message: { event?: string; return?: { status?: string } } = JSON.parse(line);
    if (message.event === 'STOP') qmp.write('{"execute":"query-status"}\n');
    if (message.return?.status !== undefined) return message.return.status;
  }
  return undefined;
}

function silence(signal: AbortSignal | undefined, patience: Duration): Seen {
  signal?.throwIfAborted();
  return { works: false, evidence: `the firmware printed nothing within ${patience}` };
}
