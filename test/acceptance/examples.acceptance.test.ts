/** The projects under `examples/`, as somebody who has copied one runs them. */
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('examples/vitest: a test that breaks its machine beside one that needs it whole', async () => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--root', join(ROOT, 'examples/vitest')];
  const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
    reject: false,
    env: { VITEST: undefined, NODE_OPTIONS: undefined, NO_COLOR: '1', CI: '1' },
  });
  expect({ exitCode, stdout }, stderr).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/Tests\s+2 passed \(2\)/),
  });
});
