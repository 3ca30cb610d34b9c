import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { fakeStorageMux } from '../../../src/drivers/fake/index.ts';
import { mockFlasher, mockStorageMux, mockStorageMuxFlasher } from '../../../src/drivers.ts';
import { serve } from '../../../src/index.ts';
import { StorageMuxFlasher } from '../../../src/interfaces/index.ts';

const silent = { log: pino({ level: 'silent' }) };
const IMAGE = Buffer.from('an image');

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe('a storage that is flashed as a whole', () => {
  it('is with the host meanwhile, and with the device afterwards', async () => {
    await using folder = await openFolder();
    // A fake, so that the test sees where the medium is.
    const fake = fakeStorageMux();
    const flasher = {
      ...fake,
      interface: StorageMuxFlasher,
      open: async (context: Parameters<typeof fake.open>[0]) => ({
        ...(await fake.open(context)),
        interface: StorageMuxFlasher,
      }),
    };
    await using storage = await serve(flasher, silent);
    await storage.flash(IMAGE);
    expect(fake.device.side).toBe('dut');
    await storage.off();
    const dumped = join(folder.path, 'dumped');
    await storage.dump(dumped);
    expect(await readFile(dumped)).toEqual(IMAGE);
    expect(fake.device.side).toBe('dut');
    expect(fake.device.calls.map(({ method }) => method)).toEqual([
      'host',
      'write',
      'dut',
      'off',
      'host',
      'read',
      'dut',
    ]);
  });

  it('goes to the device also when the flash has failed', async () => {
    await using storage = await serve(mockStorageMuxFlasher(), silent);
    async function* broken() {
      yield IMAGE;
      throw new Error('the disk went away');
    }
    await expect(storage.flash(broken())).rejects.toThrow('the disk went away');
    await expect(storage.write(IMAGE)).rejects.toMatchObject({ code: 'state', state: 'dut' });
  });

  it('has no partitions', async () => {
    await using storage = await serve(mockStorageMuxFlasher(), silent);
    await expect(storage.flash(IMAGE, { partition: 'boot' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: storage.flash: partition: got "boot"; this storage is flashed as a whole]`,
    );
  });
});

describe('mockStorageMux', () => {
  it('is read and written wherever it is connected, if it is told so', async () => {
    await using folder = await openFolder();
    await using storage = await serve(mockStorageMux({ anySide: true }), silent);
    await storage.write(IMAGE);
    const read = join(folder.path, 'read');
    await storage.read(read);
    expect(await readFile(read)).toEqual(IMAGE);
  });
});

describe('mockFlasher', () => {
  it('keeps each partition apart, whatever its name', async () => {
    await using folder = await openFolder();
    await using flasher = await serve(mockFlasher(), silent);
    await flasher.flash(IMAGE, { partition: '../../escape' });
    await flasher.flash(Buffer.from('another'));
    const dumped = join(folder.path, 'dumped');
    await flasher.dump(dumped, { partition: '../../escape' });
    expect(await readFile(dumped)).toEqual(IMAGE);
    await expect(flasher.dump(dumped, { partition: 'boot' })).rejects.toMatchObject({ code: 'not-found' });
  });
});
