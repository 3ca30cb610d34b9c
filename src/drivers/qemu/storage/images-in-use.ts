import { join } from 'node:path';
import { stateDir } from '../../../core/index.ts';
import { findLiveRuns } from '../run-folder.ts';
import { ImageNotes } from './image-notes.ts';

/** Where machines keep what they use. */
export interface StorePlaces {
  readonly state?: string | undefined;
  readonly cache?: string | undefined;
}

/** The images, kernels and other files that machines are using that are open now, of every process of this user. */
export async function findImagesInUse({ state = stateDir() }: StorePlaces = {}): Promise<string[]> {
  const runs = await findLiveRuns(join(state, 'runs'));
  const used = await Promise.all(runs.map((run) => new ImageNotes(run).read()));
  return [...new Set(used.flat())];
}
