import type { FileHandle } from 'node:fs/promises';
import type { Duration } from '../../../core/index.ts';
import type { Recorder } from '../console/recorder.ts';
import type { Migrations } from '../machine/migration.ts';
import type { PowerSession } from '../machine/power-session.ts';
import type { MachinePlan, NewMemory } from '../plan/types.ts';
import { type LiveDisk, prepareFreeze } from './freeze-disks.ts';
import type { StateListener } from './state-listener.ts';

export interface SaveOptions {
  readonly session: PowerSession;
  readonly recorder: Recorder;
  /** What the machine was started as. */
  readonly plan: MachinePlan;
  readonly disks: readonly LiveDisk[];
  readonly seed: string | null;
  /** Where the snapshot's memory is to be made. */
  readonly memory: NewMemory;
  /** Where the snapshot's files are to be made. */
  readonly folder: string;
  /** A folder for a socket that QEMU reaches. */
  readonly sockets: string;
  readonly generation: number;
  /** Nobody minds that it stands still until it is saved. */
  readonly still: boolean;
  /** QEMU may not notice what it writes to a page that was sent while it ran. */
  readonly losesWrites: boolean;
  /** How long a guest may write to its memory faster than it can be sent. */
  readonly patience: Duration;
  /** Is told of the disks when they have changed, whatever comes of the rest. */
  readonly onDisks: (disks: readonly LiveDisk[], bases: readonly string[]) => void;
}

/** Where what is saved is to be. */
export interface Targets {
  readonly memory: FileHandle;
  /** A path for the state of the devices. */
  readonly state: string;
}

/** What is known once the machine goes on. */
export interface Standing {
  readonly bases: Readonly<Record<string, string>>;
  /** Bytes that its console had printed. */
  readonly printed: number;
}

/** Whether what the machine has written to its memory is in no file. */
export const isPrivate = ({ plan }: PowerSession) => plan.state !== undefined;

/** Has all made for freezing its disks, which is one command then. */
export const freezing = ({ session, disks, folder, generation, onDisks }: SaveOptions, signal: AbortSignal) =>
  prepareFreeze(session.qmp, disks, {
    folder,
    generation,
    user: session.plan.user,
    onSwitch: onDisks,
    signal,
  });

/** How much its console has printed, of a machine that stands still. */
export async function printedSoFar(recorder: Recorder): Promise<number> {
  await recorder.settled();
  return recorder.offset;
}

/** Lets a machine that runs now run again at the end, also when whoever has asked for the snapshot has given up. */
export async function goesOn(session: PowerSession): Promise<AsyncDisposable & { readonly ran: boolean }> {
  const ran = (await session.state()) === 'running';
  let done: Promise<void> | undefined;
  const go = async () => {
    await session.migrations.release();
    if (ran) await session.execute('cont', new AbortController().signal);
  };
  return { ran, [Symbol.asyncDispose]: () => (done ??= go()) };
}

/** Sends what the devices were doing to `listener`, which has it all afterwards. */
export async function sendState(
  migrations: Migrations,
  listener: StateListener,
  signal: AbortSignal,
): Promise<void> {
  await migrations.send(
    listener.path,
    { 'x-ignore-shared': true, 'pause-before-switchover': false },
    { signal },
  );
  await migrations.reached('completed', signal);
  await listener.received(signal);
}
