import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { raceSignal } from '../src/core/index.ts';
import { DESCRIPTORS } from '../src/drivers/qemu/descriptors.ts';

/** How long something may not be printed, in milliseconds: a boot by emulation is the longest of it. */
const PATIENCE = 300_000;

/** A QEMU that was started without us: its command line, as a shell would run it. */
export interface ByHand extends AsyncDisposable {
  readonly pid: number;
  /** From the start of the process until its CPUs ran, in ms. */
  readonly time: number;
  /** Resolves when this has been printed on the console. @throws Error when QEMU ends before, or five minutes pass. */
  printed(text: string | RegExp): Promise<void>;
  /** Types on the console. */
  type(text: string): void;
}

/** Runs a command line of ours, which inherits its sockets and its memory, and lets the CPUs run by QMP. */
export async function runByHand(command: readonly string[], memoryBytes: number): Promise<ByHand> {
  const [file = '', ...args] = command;
  const memory = join('/dev/shm', `bench-ram-${randomBytes(8).toString('hex')}`);
  await using handle = await open(memory, 'wx+', 0o600);
  await rm(memory);
  await handle.truncate(memoryBytes);
  // It may be started as another user, who opens it again.
  await handle.chmod(0o666);
  const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'pipe', 'ignore'];
  stdio[DESCRIPTORS.qmp] = 'pipe';
  stdio[DESCRIPTORS.agent] = 'pipe';
  stdio[DESCRIPTORS.memory] = handle.fd;
  stdio[DESCRIPTORS.firmware] = 'pipe';
  const start = performance.now();
  const child = spawn(file, args, { stdio });
  // How it ends is seen by who waits for it.
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  const gone = once(child, 'exit');
  const console = watch(child.stdout as NodeJS.ReadableStream); // SAFE: 'pipe' in stdio
  await letRun(child.stdio[DESCRIPTORS.qmp] as Duplex); // SAFE: 'pipe' in stdio
  return {
    pid: Number(child.pid),
    time: performance.now() - start,
    printed: console,
    type: (text) => void child.stdin?.write(text),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function letRun(qmp: Duplex): Promise<void> {
  const reader = createInterface({ input: qmp }).on('error', () => undefined);
  const lines = reader[Symbol.asyncIterator]();
  await lines.next(); // the greeting
  for (const execute of ['qmp_capabilities', 'cont']) {
    qmp.write(`${JSON.stringify({ execute })}\n`);
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const { error, ...answer } = JSON.parse(line.value) as { error?: object }; // SAFE: QMP
      if (error) throw new Error(`${execute}: ${JSON.stringify(error)}`);
      if ('return' in answer) break;
    }
  }
}

/** Looks for texts in what has been printed since the start. */
function watch(output: NodeJS.ReadableStream): (text: string | RegExp) => Promise<void> {
  let printed = '';
  let changed = Promise.withResolvers<void>();
  let ended = false;
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  output.on('data', (chunk: Buffer) => {
    printed += chunk.toString('latin1');
    change();
  });
  output.once('end', () => {
    ended = true;
    change();
  });
  return async (text) => {
    const late = AbortSignal.timeout(PATIENCE);
    while (printed.search(text instanceof RegExp ? text : RegExp.escape(text)) < 0) {
      if (ended) throw new Error(`QEMU by hand ended before it printed ${text}: ${printed.slice(-500)}`);
      await raceSignal(changed.promise, late);
    }
  };
}
