import type { Tty } from '../../client/index.ts';
import type { Steps } from '../steps.ts';

/** What the console says when the next part of the boot has begun. */
const FIRMWARE = /BdsDxe: (?:loading|starting) \S+/;
const KERNEL = /Linux version (\S+)/;

/** Some images keep their kernel from printing: then the first of it is its prompt, which is left to the login. */
const PROMPT = /\S(?=\s+login: )/;

/** Generous: a slow host under software emulation needs two minutes for the whole boot. */
const BOOT_TIMEOUT = '15m';

/** Follows a boot from the first byte of the console to a shell prompt; each part is a step. Returns when it came to the login prompt. */
export async function watchBoot(
  steps: Steps,
  tty: Tty,
  credentials: { readonly username: string; readonly password: string },
  signal: AbortSignal,
): Promise<number> {
  const options = { timeout: BOOT_TIMEOUT, signal } as const;
  await steps.run('firmware', async () => {
    const { text } = await tty.expect(FIRMWARE, options);
    return { outcome: text, value: undefined };
  });
  const first = await steps.run('kernel', async () => {
    const { name, match } = await tty.expect({ kernel: KERNEL, prompt: PROMPT }, options);
    if (name === 'kernel') return { outcome: `Linux ${match?.[1]}`, value: name };
    return { outcome: 'it prints nothing on this console', value: name };
  });
  const atPrompt = await steps.run('login prompt', async () => {
    // Nothing is typed before: a boot that somebody took part in is not remembered.
    if (first === 'kernel') await tty.expect(PROMPT, options);
    return { outcome: 'nothing was typed', value: performance.now() };
  });
  await steps.run('login', async () => {
    await tty.login(credentials, options);
    return { outcome: `as ${credentials.username}, at a shell prompt`, value: undefined };
  });
  return atPrompt;
}
