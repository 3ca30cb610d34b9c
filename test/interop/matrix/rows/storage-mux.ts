import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { mockStorageMux, mockStorageMuxFlasher } from '../../../../src/drivers/mock/index.ts';
import { StorageMux, StorageMuxFlasher } from '../../../../src/interfaces/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig({ mux: StorageMux, flasher: StorageMuxFlasher });
const IMAGE = Buffer.from('what is on the medium');

async function typescript({ handle, folder, peer }: TypescriptRun<typeof rig, unknown>) {
  const file = join(folder, 'read-by-typescript');
  const { mux, flasher } = handle;
  await mux.host();
  await mux.write(IMAGE);
  await mux.read(file);
  expect(await readFile(file)).toEqual(IMAGE);
  await mux.off();
  // Jumpstarter's mock does not care to whom it is connected.
  if (peer === 'typescript') {
    await expect(mux.write(IMAGE)).rejects.toMatchObject({ code: 'state', fault: 'caller' });
  }
  await flasher.flash(IMAGE);
  await flasher.dump(file);
  expect(await readFile(file)).toEqual(IMAGE);
  await expect(flasher.flash(IMAGE, { partition: 'root' })).rejects.toMatchObject({ code: 'config' });
}

async function command({ run, folder }: CommandRun<unknown>) {
  const [image, dumped] = [join(folder, 'image-of-a-command'), join(folder, 'dumped-by-a-command')];
  await writeFile(image, IMAGE);
  expect((await run('mux mux host')).exitCode).toBe(0);
  expect((await run(`mux flasher flash ${image}`)).exitCode).toBe(0);
  expect((await run(`mux flasher dump ${dumped}`)).exitCode).toBe(0);
  expect(await readFile(dumped)).toEqual(IMAGE);
}

/** A medium that is switched between host and device, by itself and flashed as a whole. */
export const storageMux = defineRow({
  name: 'mux',
  title: 'storage mux, storage-mux flasher: mock',
  rig,
  open: () => ({
    python: {
      children: {
        mux: { type: 'jumpstarter_driver_opendal.driver.MockStorageMux' },
        flasher: { type: 'jumpstarter_driver_opendal.driver.MockStorageMuxFlasher' },
      },
    },
    ours: group({ mux: mockStorageMux(), flasher: mockStorageMuxFlasher() }),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'storage_mux.py',
  jTs: command,
  jlPy: command,
});
