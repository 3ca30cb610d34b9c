import { once } from 'node:events';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { mockFlasher } from '../../../src/drivers/mock/index.ts';
import { serve } from '../../../src/index.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/endless-mock.ts');

test('what an exporter that was killed was keeping is removed by the next that keeps something', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-spooling-'));
  vi.stubEnv('TMPDIR', dir.path);
  onTestFinished(() => void vi.unstubAllEnvs());
  const spools = async () => (await readdir(dir.path)).filter((name) => name.startsWith('jumplead-spool-'));
  const killed = execa(process.execPath, [FIXTURE], { reject: false });
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  expect(await killed).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  const left = await spools();
  expect(left).toHaveLength(2);

  const flasher = await serve(mockFlasher({}), { log: pino({ level: 'silent' }) });
  expect(await spools()).toEqual(left);
  await flasher.flash(Buffer.from('an image'));
  const own = await spools();
  expect(own).toHaveLength(2);
  expect(own).not.toEqual(expect.arrayContaining(left));
  await flasher[Symbol.asyncDispose]();
  expect(await spools()).toEqual([]);
});
