import { dirname, join } from 'node:path';
import { cacheDir, stateDir } from '../../core/index.ts';
import type { HostFacts } from './host-facts.ts';
import { chooseUser, neededFiles } from './host-user.ts';
import { wrapper } from './plan/machine.ts';
import type { Equipment } from './prepare.ts';
import { handOver, openRunFolder, type RunFolder, usersOfRuns } from './run-folder.ts';
import { flashedDir } from './storage/content-store.ts';
import { ImageNotes } from './storage/image-notes.ts';
import { ImageStore } from './storage/image-store.ts';
import { Media } from './storage/media.ts';

/** What a fork has from its parent, and a run of its own. Disposing of it removes that. */
export interface ForkEquipment extends AsyncDisposable {
  readonly equipment: Equipment;
}

/** What a fork of a machine is: the same, in a run of its own, and as a user of its own where its parent is one. */
export async function equipFork(parent: Equipment): Promise<ForkEquipment> {
  await using stack = new AsyncDisposableStack();
  const run = stack.use(await openRunFolder(join(stateDir(), 'runs')));
  const host = await hostFor(parent, run);
  if (host.user) await handOver(run, host.user);
  const notes = new ImageNotes(run.path);
  const store = await ImageStore.open(flashedDir(cacheDir()), { claim: (path) => notes.add(path) });
  const { config } = parent;
  const media = new Media(store, notes, run.path, config.partitions, wrapper(host));
  const equipment = { ...parent, host, run, media, notes, sizes: {} };
  const held = stack.move();
  return { equipment, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function hostFor({ host, config }: Equipment, run: RunFolder): Promise<HostFacts> {
  if (host.user === null) return host;
  const runs = dirname(run.path);
  const folders = { [runs]: 'x', [dirname(run.sockets)]: 'x' } as const;
  const files = { ...folders, ...neededFiles(config, host.firmware, host.accelerator.name) };
  const { setpriv } = host;
  const { user, reason } = await chooseUser(files, { setpriv, taken: await usersOfRuns(runs) });
  return { ...host, user, runsAs: reason };
}
