import type { Tty } from 'jumplead';
import { KEYS } from '../fixtures/boot-sector.ts';

/** Lets the guest in the boot sector count in its memory; what it has come to. */
export async function count(tty: Tty): Promise<number> {
  await tty.write(KEYS.count);
  const { match } = await tty.expect(/(\d)\r\n/);
  return Number(match?.[1]);
}
