import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { raceSignal } from '../src/core/index.ts';
import { DESCRIPTORS } from '../src/drivers/qemu/descriptors.ts';
import { openMemoryFile } from '../src/drivers/qemu/machine/memory-file.ts';

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

/** What a QEMU inherits beside its sockets. */
export interface Inherited {
  /** What is to be the guest's memory: a file, or how large a new one is. */
  readonly memory: FileHandle | number;
  /** For a command line with `-incoming defer`: the state of the devices, which it takes in before its CPUs run. */
  readonly state?: FileHandle;
}

/** Runs a command line of ours, which inherits its sockets and its memory, and lets the CPUs run by QMP. */
export async function runByHand(command: readonly string[], { memory, state }: Inherited): Promise<ByHand> {
  const [file = '', ...args] = command;
  await using stack = new AsyncDisposableStack();
  const ram = typeof memory === 'number' ? stack.use(await newMemory(memory)) : memory;
  const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'pipe', 'ignore'];
  stdio[DESCRIPTORS.qmp] = 'pipe';
  stdio[DESCRIPTORS.agent] = 'pipe';
  stdio[DESCRIPTORS.memory] = ram.fd;
  stdio[DESCRIPTORS.firmware] = 'pipe';
  if (state) stdio[DESCRIPTORS.state] = state.fd;
  const start = performance.now();
  const child = spawn(file, args, { stdio });
  // How it ends is seen by who waits for it.
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  const gone = once(child, 'exit');
  const console = watch(child.stdout as NodeJS.ReadableStream); // SAFE: 'pipe' in stdio
  await letRun(child.stdio[DESCRIPTORS.qmp] as Duplex, state !== undefined); // SAFE: 'pipe' in stdio
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

/** A file in memory that nobody else finds. */
export async function newMemory(bytes: number): Promise<FileHandle> {
  const file = await openMemoryFile({ folder: '/dev/shm', bytes }, null);
  // QEMU may be started as another user, who opens it again.
  await file.chmod(0o666);
  return file;
}

async function letRun(qmp: Duplex, takesIn: boolean): Promise<void> {
  const reader = createInterface({ input: qmp }).on('error', () => undefined);
  const lines = reader[Symbol.asyncIterator]();
  const hear = async (what: string, isMeant: (message: QmpMessage) => boolean) => {
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const message = JSON.parse(line.value) as QmpMessage; // SAFE: QMP
      if (message.error) throw new Error(`${what}: ${JSON.stringify(message.error)}`);
      if (isMeant(message)) return;
    }
  };
  const ask = async (execute: string, args: object = {}) => {
    qmp.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    await hear(execute, (message) => 'return' in message);
  };
  await lines.next(); // the greeting
  await ask('qmp_capabilities');
  if (takesIn) {
    const capabilities = ['events', 'x-ignore-shared'].map((capability) => ({ capability, state: true }));
    await ask('migrate-set-capabilities', { capabilities });
    await ask('migrate-incoming', { uri: `fd:${DESCRIPTORS.state}` });
    await hear('the migration', ({ event, data }) => event === 'MIGRATION' && data?.status === 'completed');
  }
  await ask('cont');
}

interface QmpMessage {
  readonly error?: object;
  readonly return?: unknown;
  readonly event?: string;
  readonly data?: { readonly status?: string };
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
