import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that goes away with the test; `path` is that of one in it that is not there yet. */
export async function openTempFolder(): Promise<
  { readonly outer: string; readonly path: string } & AsyncDisposable
> {
  const outer = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  return {
    outer,
    path: join(outer, 'served'),
    [Symbol.asyncDispose]: () => rm(outer, { recursive: true, force: true }),
  };
}
