import { setTimeout as wait } from 'node:timers/promises';

/** Between two looks at something of which no event tells, in milliseconds. */
const LOOK = 10;

/** Resolves when it is so. */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await wait(LOOK);
}
