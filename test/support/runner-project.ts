import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { writeBootImage } from './boot-image.ts';
import { isAlive } from './processes.ts';
import { openHome } from './tiny-machine.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A home in which runners of tests are started as their users do. */
export interface RunnerHome extends AsyncDisposable {
  readonly path: string;
  /**
   * Starts Node on a project in `test/testing/projects`. It has ended when all that it has started has let go of its output.
   */
  run(
    project: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): ReturnType<typeof node>;
  /** What is left: runs, sockets, and processes of ours. */
  leftovers(): Promise<string[]>;
}

export async function openRunnerHome(): Promise<RunnerHome> {
  const home = await openHome();
  const image = await writeBootImage(home.path);
  const folders = [join(home.path, 'state', 'runs'), join(home.path, 'run')];
  return {
    path: home.path,
    run: (project, args, env) =>
      node(join(ROOT, 'test/testing/projects', project), args, { BOOT_IMAGE: image, ...env }),
    leftovers: async () => {
      const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
      return [...files.flat(), ...(await processesOf(home.path))];
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

/** What this vitest has set is nothing that a runner which is started by hand would have. */
const OWN = { VITEST: undefined, VITEST_POOL_ID: undefined, NODE_OPTIONS: undefined, NO_COLOR: '1' };

function node(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  return execa(process.execPath, args, { reject: false, all: true, cwd, env: { ...OWN, ...env } });
}

/** Runs `jl` with the machine at `host`. */
export async function runJl(host: string, ...args: readonly string[]): Promise<string> {
  const options = { reject: false, all: true, env: { JUMPSTARTER_HOST: host } } as const;
  return (await execa(process.execPath, [join(ROOT, 'bin/jl.js'), ...args], options)).all;
}

/** Those that keep or are a machine of this home. */
async function processesOf(home: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      const [environment, command] = await Promise.all([read('environ'), read('cmdline')]);
      const kind = /qemu-system|test-machines/.test(command);
      return kind && environment.includes(`${home}/`) && (await isAlive(Number(pid)));
    }),
  );
  return pids.filter((_, index) => found[index]);
}
