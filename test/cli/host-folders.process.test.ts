/** Folders that cannot be made, named by the variables that decide about them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, openHome } from '../soak/home.ts';
import { runCli } from './run-cli.ts';

let home: Home;
beforeAll(async () => {
  home = await openHome();
});
afterAll(() => home[Symbol.asyncDispose]());

const VARIABLES = ['JUMPLEAD_CACHE', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'];

// Below /proc, Node's own way to make a folder never ends.
test.runIf(process.platform === 'linux').each(VARIABLES)('%s', async (variable) => {
  const { JUMPLEAD_CACHE, ...rest } = home.environment(false);
  const env = { ...rest, JUMPLEAD_CACHE: variable === 'XDG_CACHE_HOME' ? '' : `${JUMPLEAD_CACHE}` };
  const small = ['--arch', 'x86_64', '--memory', '64MiB', '--firmware', 'bios', '--ready', 'ready'];
  const words = ['up', ...small, home.images.plain, '--', 'true'];
  const { code, stderr } = await runCli(words, { env: { ...env, [variable]: '/proc/x' } });
  expect(stderr).toContain('/proc/x: no folder can be made there (mkdir: ENOENT)\n');
  expect(stderr).toContain(`\n${variable} is /proc/x: it must be a folder for `);
  expect(stderr).toContain('\nfault: this host or its surroundings');
  expect(code).toBe(3);
});
