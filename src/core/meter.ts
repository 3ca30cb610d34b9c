import type { OnProgress } from './progress.ts';

/** Progress is told at most this often, in milliseconds. */
const INTERVAL = 100;

/** Passes the chunks on and tells how far they have come: at the start, some times a second, and at the end. */
export async function* metered(
  chunks: AsyncIterable<Uint8Array>,
  about: { readonly phase: string; readonly total: number | null; readonly onProgress: OnProgress },
  clock: () => number = () => performance.now(),
): AsyncIterable<Uint8Array> {
  const { phase, total, onProgress } = about;
  const start = clock();
  let bytes = 0;
  let told = start;
  const tell = () => onProgress({ phase, bytes, total, rate: (bytes * 1_000) / Math.max(1, told - start) });
  tell();
  for await (const chunk of chunks) {
    bytes += chunk.length;
    yield chunk;
    if (clock() - told < INTERVAL) continue;
    told = clock();
    tell();
  }
  told = clock();
  tell();
}
