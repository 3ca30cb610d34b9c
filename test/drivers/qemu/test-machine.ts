import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { createLog, type Duration } from '../../../src/core/index.ts';
import type { CallContext } from '../../../src/driver/index.ts';
import { Recorder } from '../../../src/drivers/qemu/console/recorder.ts';
import { SharedConsole } from '../../../src/drivers/qemu/console/shared-console.ts';
import { VirtualMachine } from '../../../src/drivers/qemu/machine/machine.ts';
import type { PowerOn } from '../../../src/drivers/qemu/machine/machine-parts.ts';
import { Trail } from '../../../src/drivers/qemu/trail.ts';
import type { ByteChannel, ConsoleFaultEvent, ConsoleStart } from '../../../src/interfaces/index.ts';
import { bootSector } from '../../fixtures/boot-sector.ts';

const FAKE = join(import.meta.dirname, '../../fixtures/fake-qemu.ts');
const MEMORY = 32 * 2 ** 20;
const log = createLog('silent');

/** The part of every command line that the machine relies on. */
const CHANNELS = ['-chardev', 'socket,id=qmp,fd=3', '-chardev', 'stdio,id=console,signal=off'];

/** A program that stands in for QEMU, and what it is given. */
export interface Program {
  readonly name: string;
  /** The command line; `folder` is one for its files. */
  readonly command: (folder: string) => Promise<string[]>;
}

/** The fake, which misbehaves as `how` says. */
export function fakeQemu(...how: string[]): Program {
  return {
    name: 'the fake QEMU',
    command: async () => [process.execPath, FAKE, ...CHANNELS.filter((word) => word !== '-chardev'), ...how],
  };
}

/** Larger than the boot sector: there is room for what the guest writes. */
const DISK = 2 ** 20;

/** The real one, with the guest that fits into a boot sector. */
export const realQemu: Program = {
  name: 'the real QEMU',
  command: async (folder) => realCommand(folder, { file: await writeDisk(folder), format: 'raw' }),
};

/** The same; what the guest writes goes into `diskFolder`. */
export function realQemuOn(diskFolder: string): Program {
  return {
    name: 'the real QEMU',
    command: async (folder) => {
      const [file, boot] = [join(diskFolder, 'disk.qcow2'), await writeDisk(folder)];
      await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', boot, file]);
      return realCommand(folder, { file, format: 'qcow2' });
    },
  };
}

async function writeDisk(folder: string): Promise<string> {
  const disk = join(folder, 'boot.img');
  await writeFile(disk, bootSector());
  await truncate(disk, DISK);
  return disk;
}

function realCommand(
  folder: string,
  { file, format }: { readonly file: string; readonly format: string },
): string[] {
  return [
    ...[
      'setpriv',
      '--pdeathsig',
      'KILL',
      '--',
      'qemu-system-x86_64',
      '-S',
      '-nodefaults',
      '-display',
      'none',
    ],
    ...['-machine', 'pc,memory-backend=mem', '-accel', 'tcg', '-m', '32M'],
    ...['-object', 'memory-backend-file,id=mem,size=32M,mem-path=/proc/self/fd/5,share=on'],
    ...[...CHANNELS, '-mon', 'chardev=qmp,mode=control', '-serial', 'chardev:console'],
    // Its own word on what the serial port has printed.
    ...['-set', `chardev.console.logfile=${join(folder, 'witness.log')}`],
    ...[
      '-netdev',
      'user,id=net,hostfwd=tcp:127.0.0.1:0-:22',
      '-device',
      'virtio-net-pci,netdev=net,romfile=',
    ],
    ...['-device', 'pvpanic', '-action', 'panic=pause,reboot=reset,shutdown=poweroff'],
    ...['-drive', `file=${file},format=${format},if=ide`],
  ];
}

/** A machine that is off, with all that belongs to it, in a folder of its own. */
export interface TestMachine extends AsyncDisposable {
  readonly machine: VirtualMachine;
  readonly console: SharedConsole;
  readonly folder: string;
  /** Opens the console as a client does. */
  open(from?: ConsoleStart): ByteChannel;
  /** What a power-on of it needs. */
  readonly prepare: () => Promise<PowerOn>;
  /** A line of `timeline.jsonl` each. */
  timeline(): Promise<string[]>;
}

export async function openTestMachine(
  program: Program,
  options: {
    readonly patience?: Duration;
    readonly shutdownDeadline?: Duration;
    readonly limit?: number;
    readonly tolerate?: readonly ConsoleFaultEvent[];
  } = {},
): Promise<TestMachine> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'jumplead-machine-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const trail = stack.use(await Trail.open(folder, { lasting: true }));
  const recorder = stack.use(
    await Recorder.open(folder, { spool: folder, limit: options.limit ?? 2 ** 40, log }),
  );
  const console = new SharedConsole(recorder);
  const command = await program.command(folder);
  const prepare = async (): Promise<PowerOn> => ({
    command,
    memory: { folder, bytes: MEMORY },
    user: null,
    forwards: [{ name: 'ssh', host: '127.0.0.1', hostPort: 0, guestPort: 22 }],
    sockets: { vnc: join(folder, 'vnc') },
  });
  const machine = stack.use(
    new VirtualMachine({
      prepare,
      recorder,
      trail,
      onConsole: (input) => console.connect(input),
      log,
      tolerate: options.tolerate ?? [],
      shutdownDeadline: options.shutdownDeadline ?? '1h',
      patience: options.patience,
    }),
  );
  const held = stack.move();
  return {
    machine,
    console,
    folder,
    prepare,
    open: (from = 'next') => console.open({ from, takeOver: false, name: 'a test' }),
    timeline: async () => {
      const text = await readFile(join(folder, 'timeline.jsonl'), 'utf8');
      return text.split('\n').flatMap((line) => (line ? [JSON.parse(line).event] : []));
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A caller; `abort` makes it give up. */
export function caller(name = 'a test'): CallContext & { readonly abort: (reason: unknown) => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    log,
    peer: { name, local: true },
    abort: (reason) => controller.abort(reason),
  };
}

/** Reads until `text` has come; what was read. Rejects when the channel ends before. */
export async function readUntil(channel: ByteChannel, text: string): Promise<string> {
  let read = '';
  for await (const chunk of channel) {
    read += Buffer.from(chunk).toString('latin1');
    if (read.includes(text)) return read;
  }
  throw new Error(`the channel ended after ${JSON.stringify(read)}`);
}

/** Writes text, as somebody types it. */
export async function type(channel: ByteChannel, text: string): Promise<void> {
  await channel.write(Buffer.from(text));
}

/** Everything until the channel ends. */
export async function readAll(channel: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of channel) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}
