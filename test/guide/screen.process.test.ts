import { mkdtempDisposable, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'jumplead';
import { fakeMachine } from 'jumplead/fake';
import { expect, test } from 'vitest';

test('the guide to the screen', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-guide-'));
  const path = join(folder.path, 'booted.png');
  await using vm = await serve(fakeMachine());
  // #region screen
  await using screen = await vm.display.open({ title: 'Debian 12' });
  console.log(screen.url);
  await screen.screenshot(path);
  // #endregion
  expect((await stat(path)).size).toBeGreaterThan(100);
  expect((await fetch(screen.url)).status).toBe(200);
});
