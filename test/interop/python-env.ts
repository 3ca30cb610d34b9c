import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir, LaunchError, runTool } from '../../src/core/index.ts';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const SCRIPTS = fileURLToPath(new URL('python/', import.meta.url));

/** A virtual environment with the stock Jumpstarter packages. */
export interface PythonEnv {
  /** The path of a program in it: `python`, `j`, `jmp`. */
  program(name: string): string;
  /** The path of one of our Python scripts. */
  script(name: string): string;
}

/** The environment for these requirements: made once, kept in the cache, found again by what went into it. */
export async function openPythonEnv(): Promise<PythonEnv> {
  const python = await findPython();
  const { stdout: version } = await runTool(python, ['--version']);
  const requirements = await readFile(REQUIREMENTS);
  const key = createHash('sha256').update(requirements).update(version).digest('hex').slice(0, 16);
  const folder = join(cacheDir(), `python-${key}`);
  const marker = join(folder, 'complete');
  if (!(await exists(marker))) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await runTool(python, ['-m', 'venv', folder], { hint: 'install python3-venv' });
    await runTool(join(folder, 'bin', 'pip'), ['install', '--quiet', '--requirement', REQUIREMENTS]);
    await writeFile(marker, version);
  }
  return {
    program: (name) => join(folder, 'bin', name),
    script: (name) => join(SCRIPTS, name),
  };
}

/** Jumpstarter 0.9 needs Python 3.11. */
async function findPython(): Promise<string> {
  const check = 'import sys; sys.exit(sys.version_info < (3, 11))';
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11']) {
    const fits = await runTool(name, ['-c', check]).then(
      () => true,
      () => false,
    );
    if (fits) return name;
  }
  throw new LaunchError('there is no Python 3.11 or later', {
    command: 'python3',
    exitCode: null,
    signal: null,
    stderr: '',
    hint: 'install python3 and python3-venv',
  });
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
