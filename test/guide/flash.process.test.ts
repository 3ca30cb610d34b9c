import { createHash, randomBytes } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'jumplead';
import { fakeMachine } from 'jumplead/fake';
import { Operator } from 'opendal';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openBrokenHost } from '../fixtures/broken-host.ts';

test('the guide to flashing', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-guide-'));
  await using host = await openBrokenHost();
  const image = randomBytes(100_000);
  const sha256 = createHash('sha256').update(image).digest('hex');
  const path = join(folder.path, 'disk.qcow2');
  await writeFile(path, image);
  host.serve('/disk.qcow2', { bytes: image });
  host.serve('/SHA256SUMS', { bytes: Buffer.from(`${sha256}  disk.qcow2\n`) });
  const { url } = host;
  await using vm = await serve(fakeMachine(), { log: pino({ level: 'silent' }) });
  const onProgress = () => undefined;
  const operator = new Operator('fs', { root: folder.path });
  // #region flash
  await vm.flasher.flash(path, { onProgress });
  await vm.flasher.flash(`${url}/disk.qcow2`, { sha256 });
  await vm.flasher.flash(`${url}/disk.qcow2`, { checksums: `${url}/SHA256SUMS` });
  await vm.flasher.flash({ operator, path: 'disk.qcow2' }); // of the package opendal
  // #endregion
  const wrong = vm.flasher.flash(path, { sha256: '0'.repeat(64) });
  await expect(wrong).rejects.toMatchObject({ code: 'image' });
});
