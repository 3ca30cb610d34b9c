import type { ConsoleHandle } from 'jumplead';
import { count as countOn } from '../../support/count.ts';

/** Lets the guest of a machine count; what it has come to. */
export async function count({ console }: { readonly console: ConsoleHandle }): Promise<number> {
  await using tty = await console.open({ from: 'now' });
  return await countOn(tty);
}
