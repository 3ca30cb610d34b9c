import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../../src/core/index.ts';
import { writeBootImage } from '../support/boot-image.ts';
import { installFakeQemu } from '../support/fake-qemu-system.ts';

/** A place for all files of a soak: nothing of it is shared with anybody else. */
export interface Home extends AsyncDisposable {
  readonly path: string;
  readonly images: { readonly plain: string; readonly compressed: string };
  /** Where nothing may be left. */
  readonly watched: readonly string[];
  /** The environment of everything that works in it; with `fake`, QEMU is the fake program. */
  environment(fake: boolean): Record<string, string>;
}

export async function openHome(): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), 'soak-'));
  // Where we are root, QEMU runs as somebody else, who must get at his files.
  await chmod(path, 0o711);
  const run = join(path, 'r');
  await mkdir(run, { mode: 0o711 });
  const plain = await writeBootImage(path);
  await runTool('xz', ['--keep', plain]);
  const fakePath = await installFakeQemu(path);
  const [state, cache] = [join(path, 'state'), join(path, 'cache')];
  return {
    path,
    images: { plain, compressed: `${plain}.xz` },
    watched: [
      join(state, 'jumplead', 'runs'),
      run,
      join(cache, 'images', 'flashed', 'incoming'),
      join(cache, 'images', 'built'),
    ],
    environment: (fake) => ({
      XDG_STATE_HOME: state,
      XDG_RUNTIME_DIR: run,
      JUMPLEAD_CACHE: cache,
      NODE_COMPILE_CACHE: join(path, 'compiled'),
      ...(fake && { PATH: fakePath }),
    }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
