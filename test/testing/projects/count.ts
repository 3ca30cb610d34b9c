import type { ConsoleHandle } from 'jumplead';
import { KEYS } from '../../fixtures/boot-sector.ts';

/** Lets the guest count; what it has come to. */
export async function count({ console }: { readonly console: ConsoleHandle }): Promise<number> {
  await using tty = await console.open({ from: 'now' });
  await tty.write(KEYS.count);
  const { match } = await tty.expect(/(\d)\r\n/);
  return Number(match?.[1]);
}
