import { copyMemory } from './copy-memory.ts';
import { openStateListener } from './state-listener.ts';
import {
  freezing,
  goesOn,
  printedSoFar,
  type SaveOptions,
  type Standing,
  sendState,
  type Targets,
} from './while-saved.ts';

/** Stops the machine, copies what is in its memory, and lets it go on. */
export async function saveStanding(
  options: SaveOptions,
  { memory, state }: Targets,
  signal: AbortSignal,
): Promise<Standing> {
  const { session, sockets } = options;
  await using freeze = await freezing(options, signal);
  await using listener = await openStateListener(sockets, state, session.plan.user);
  let printed: number;
  await using going = await goesOn(session);
  try {
    await session.execute('stop', signal);
    await freeze.switchOver();
    await Promise.all([
      copyMemory(session.memory, memory, signal),
      sendState(session.migrations, listener, AbortSignal.any([signal, session.broken])),
    ]);
    printed = await printedSoFar(options.recorder);
  } finally {
    await going[Symbol.asyncDispose]();
  }
  return { bases: await freeze.settle(), printed };
}
