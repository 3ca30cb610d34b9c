import { once } from 'node:events';

/** Shows how to get into machines that were kept, and waits for Enter or Ctrl-C. */
export async function letPeopleLook(kept: readonly string[], say: (line: string) => void): Promise<void> {
  if (kept.length === 0) return;
  for (const entrance of kept) say(`\n${entrance}`);
  say('\nThey live until Enter or Ctrl-C.');
  const { stdin } = process;
  const done = new AbortController();
  const { signal } = done;
  // Without a terminal there may be nobody to press Enter: then it is the signal that ends it, for which a timer keeps us here.
  const stays = setInterval(() => undefined, 2 ** 31 - 1);
  try {
    await Promise.race([once(stdin.resume(), 'data', { signal }), once(process, 'SIGINT', { signal })]);
  } finally {
    done.abort();
    clearInterval(stays);
    stdin.pause();
  }
}
