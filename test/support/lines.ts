import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

/** The lines of a text, one by one as they come. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined> {
  yield* createInterface({ input: Readable.from(chunks) });
  return undefined;
}
