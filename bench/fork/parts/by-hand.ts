import { chmod, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DESCRIPTORS } from '../../../src/drivers/qemu/descriptors.ts';
import { copyMemory } from '../../../src/drivers/qemu/snapshots/copy-memory.ts';
import { openStateListener } from '../../../src/drivers/qemu/snapshots/state-listener.ts';
import { newMemory, runByHand } from '../../by-hand.ts';
import type { Extent } from '../extent.ts';
import { type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { beginningOf } from '../timeline.ts';

/** A fork without us: the command line of one, a copy of the machine's memory and the state of its devices, handed to QEMU. */
export async function byHand(guest: Guest, { count }: Extent): Promise<Figure[]> {
  const { name, vm } = guest;
  await using fork = await vm.fork({ from: 'ready' });
  const { command } = await fork.describe();
  // Its disks stay, and nobody writes to them.
  await fork.power.off({ mode: 'forced' });
  await using saved = await saveByHand(guest);
  const samples = await repeat(`${name} fork by hand`, count, async () => {
    // QEMU reads on from where the one before has stopped, unless it is opened anew.
    await using state = await open(saved.state);
    await using qemu = await runByHand(command, { memory: saved.memory, state });
    return { running: qemu.time };
  });
  return figuresOf(samples, {
    running: { what: 'the same by hand, from a script that does nothing else', unit: 'ms' },
  });
}

interface SavedByHand extends AsyncDisposable {
  readonly memory: FileHandle;
  /** The file. */
  readonly state: string;
}

/** Saves the machine while it stands still; it runs again then. */
async function saveByHand({ vm, monitors, folder }: Guest): Promise<SavedByHand> {
  await using stack = new AsyncDisposableStack();
  const { artifacts, memory: bytes } = await vm.describe();
  if (artifacts === null) throw new Error('the machine has no folder for what it leaves');
  const { pid } = await beginningOf(artifacts);
  const monitor = await monitors.first;
  const state = join(folder, 'state-by-hand');
  const { signal } = new AbortController();
  await using source = await open(`/proc/${pid}/fd/${DESCRIPTORS.memory}`);
  const memory = stack.use(await newMemory(bytes));
  await vm.power.pause();
  try {
    await using listener = await openStateListener(folder, state, null);
    // QEMU may be another user's.
    await chmod(listener.path, 0o777);
    // Whatever our own save has left them as.
    const capabilities = [
      { capability: 'x-ignore-shared', state: true },
      { capability: 'pause-before-switchover', state: false },
    ];
    await monitor.execute('migrate-set-capabilities', { capabilities });
    await monitor.execute('migrate', { uri: `unix:${listener.path}` });
    await listener.received(signal);
    await copyMemory(source, memory, signal);
  } finally {
    await vm.power.resume();
  }
  const held = stack.move();
  return { memory, state, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
