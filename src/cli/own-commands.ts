import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openOwnedFolder, quoteWord, runtimeFolders } from '../core/index.ts';

/** A folder with `jl`, for what is started with a device at hand. Closing removes it. */
export interface OwnCommands extends AsyncDisposable {
  /** `env` in which `jl` is found first, of this version and run by this Node.js. */
  withPath(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
}

const JL = fileURLToPath(new URL('../../bin/jl.js', import.meta.url));

export async function openOwnCommands(): Promise<OwnCommands> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await openOwnedFolder(await runtimeFolders()));
  const command = [process.execPath, JL].map(quoteWord).join(' ');
  await writeFile(join(path, 'jl'), `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(join(path, 'jl'), 0o700);
  const held = stack.move();
  return {
    withPath: (env) => ({ ...env, PATH: env['PATH'] ? `${path}${delimiter}${env['PATH']}` : path }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
