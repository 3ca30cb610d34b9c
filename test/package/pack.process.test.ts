import { copyFile, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { build } from '../../scripts/build.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAMS = ['user-program.ts', 'main-job.ts'];
const MINUTES = 60_000;

const COMPILER_OPTIONS = {
  strict: true,
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable'],
  types: ['node'],
  noEmit: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
};

/** The user's own npm: the Node.js of the project may not know the certificates that it takes to reach the registry. */
const ownPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
  .join(delimiter);

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

/** What needs a runner of tests beside it. */
const RUNNERS = /^\.\/(?:vitest|playwright)$/;

describe('the package, installed from its tarball into an empty project', () => {
  let project: string;

  beforeAll(async () => {
    project = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-user-'))).path;
    expect(build()).toBe(true);
    const npm = execa({ env: { PATH: ownPath } });
    const { stdout } = await npm({
      cwd: ROOT,
    })`npm pack --json --ignore-scripts --pack-destination ${project}`;
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]; // SAFE: npm's own format
    await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const others = ['zod', '@types/node'].map((name) => `${name}@${versionOf(name)}`);
    await npm({ cwd: project })`npm install --ignore-scripts --no-audit --no-fund ./${filename} ${others}`;
    for (const program of PROGRAMS)
      await copyFile(join(import.meta.dirname, program), join(project, program));
  }, 5 * MINUTES);

  test.each([true, false])(
    "type-checks a user's programs (skipLibCheck: %s)",
    async (skipLibCheck) => {
      const config = { compilerOptions: { ...COMPILER_OPTIONS, skipLibCheck }, files: PROGRAMS };
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
      const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
      const { stdout } = await execa(tsc, ['-p', project], { reject: false });
      expect(stdout).toBe('');
    },
    5 * MINUTES,
  );

  test("runs a user's program", async () => {
    const { stdout } = await execa(process.execPath, ['user-program.ts'], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({
      on: true,
      readings: [0, 5],
      faded: 0,
      mistake: 'config',
      echoed: 'echo',
      machine: 'running',
      session: 'string',
      images: true,
      qemu: 'qemu',
    });
  });

  test('says which package a serial port of the host needs', async () => {
    const program = `
      import { serve } from 'jumplead';
      import { serialPort } from 'jumplead/drivers';
      await serve(serialPort({ url: '/dev/ttyUSB0' })).catch(({ message }) => console.log(message));`;
    await writeFile(join(project, 'serial.ts'), program);
    const { stdout } = await execa(process.execPath, ['serial.ts'], { cwd: project });
    expect(stdout).toBe(
      'serial-port: a device of this host needs the package serialport; install it beside jumplead: npm install serialport',
    );
  });

  test.each(Object.keys(manifest.exports).filter((name) => !RUNNERS.test(name)))(
    '%s is importable',
    async (name) => {
      expect(await importing(`jumplead${name.slice(1)}`)).toBe('imported');
    },
  );

  test.each(['vitest', 'playwright'])('./%s needs that runner beside it', async (name) => {
    expect(await importing(`jumplead/${name}`)).toBe('ERR_MODULE_NOT_FOUND');
  });

  test.each(['dist/index.js', 'client', 'rpc', 'core', 'drivers/qemu'])('%s is not', async (path) => {
    expect(await importing(`jumplead/${path}`)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('has a command line', async () => {
    const { stdout } = await execa({ cwd: project })`node_modules/.bin/jumplead --version`;
    expect(stdout).toBe(manifest.version);
  });

  async function importing(name: string): Promise<string> {
    const program = `import('${name}').then(() => 'imported', ({ code }) => code).then(console.log)`;
    const { stdout } = await execa(process.execPath, ['--eval', program], { cwd: project });
    return stdout;
  }
});

function versionOf(name: string): string {
  const versions: Readonly<Record<string, string>> = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
  };
  return versions[name] ?? 'latest';
}
