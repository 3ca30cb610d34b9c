import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Duration, parseDuration } from '../../../core/index.ts';
import type { PowerSession } from '../machine/power-session.ts';
import { digHoles } from './dig-holes.ts';
import { openReceiver } from './receiver.ts';
import { openStateListener } from './state-listener.ts';
import {
  freezing,
  goesOn,
  isPrivate,
  printedSoFar,
  type SaveOptions,
  type Standing,
  sendState,
  type Targets,
} from './while-saved.ts';

/**
 * How memory is sent while the machine runs. With `once` it stands still while QEMU takes down for the first time what is to be sent,
 * and from when all of that was sent: so no page counts as unchanged for a second time while a CPU may write to it.
 */
type WhileItRuns = 'until little is left' | 'once' | 'never';

/** Sends the machine to a second QEMU, while it runs if it can; it stands still for the last of it, and goes on. */
export async function saveLive(
  options: SaveOptions,
  targets: Targets,
  signal: AbortSignal,
): Promise<Standing> {
  const ways: readonly WhileItRuns[] = options.losesWrites ? ['once', 'never'] : ['until little is left'];
  let standing: Standing | undefined;
  for (const way of ways) standing ??= await sendMachine(options, targets, way, signal);
  return standing as Standing; // SAFE: only `once` may come to nothing
}

/** `undefined` when the machine was to be sent once, and QEMU has asked for what was changed once more while it ran. */
async function sendMachine(
  options: SaveOptions,
  { memory, state }: Targets,
  whileItRuns: WhileItRuns,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  const { session, sockets, folder, plan } = options;
  const {
    migrations,
    qmp,
    plan: { user },
  } = session;
  const once = whileItRuns === 'once';
  const repeats = whileItRuns === 'until little is left';
  const either = AbortSignal.any([signal, session.broken]);
  await using freeze = await freezing(options, signal);
  await using receiver = await openReceiver(plan, memory, folder, signal);
  const path = join(sockets, 'live');
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(path, { force: true }));
  let printed: number;
  {
    await using going = await goesOn(session);
    await receiver.migrations.receive(`unix:${path}`, NOTHING_SHARED, either);
    if (!repeats) await session.execute('stop', either);
    await migrations.send(
      path,
      { ...NOTHING_SHARED, 'pause-before-switchover': true },
      { once, signal: either },
    );
    if (once && going.ran) {
      await migrations.reached('active', either);
      await session.execute('cont', either);
    }
    // What is sent once comes to its end by itself: a machine that is stopped for it would only stand still for longer.
    using _stopped = repeats ? insist(session, options.patience) : undefined;
    await migrations.reached('pre-switchover', either);
    if (once && (await migrations.dirtySyncs(either)) > 1) return undefined;
    await freeze.switchOver();
    printed = await printedSoFar(options.recorder);
    await qmp.execute('migrate-continue', { state: 'pre-switchover' }, { signal: either });
    await migrations.reached('completed', either);
  }
  await receiver.migrations.reached('completed', either);
  await using listener = await openStateListener(sockets, state, user);
  const sending = sendState(receiver.migrations, listener, either);
  // Nobody writes to it, nor to what a private memory lies over: that is another's snapshot.
  const read = isPrivate(session) ? [memory, session.memory] : [memory];
  await Promise.all([sending, ...read.map((file) => digHoles(file, either))]);
  return { bases: await freeze.settle(), printed };
}

/** All of the memory is sent, whoever else could get at it. */
const NOTHING_SHARED = { 'x-ignore-shared': false } as const;

/** A guest that writes to its memory faster than that is sent is stopped, so that it comes to an end. */
function insist(session: PowerSession, patience: Duration): Disposable {
  const stop = () => void session.qmp.execute('stop').catch(() => undefined);
  const timer = setTimeout(stop, parseDuration(patience));
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
