import { expect, it } from 'vitest';
import { DeviceError } from '../../../src/core/index.ts';
import { byteChannelPair, severOn } from '../../../src/drivers/std/index.ts';
import { readAll, readUntil } from '../open-driver.ts';

const gone = new DeviceError('the device is gone', { event: 'unplugged', tail: '' });

it('is the same channel until the signal aborts', async () => {
  const [here, there] = byteChannelPair();
  const severed = severOn(new AbortController().signal, here);
  await severed.write(Buffer.from('out'));
  expect(await readUntil(there, 'out')).toBe('out');
  await there.write(Buffer.from('in'));
  await there.end();
  expect(await readAll(severed)).toBe('in');
});

it('gives the reason to a waiting reader, to a writer, and an end to the other side', async () => {
  const [here, there] = byteChannelPair();
  const cut = new AbortController();
  const severed = severOn(cut.signal, here);
  const read = readAll(severed);
  cut.abort(gone);
  await expect(read).rejects.toBe(gone);
  await expect(severed.write(Buffer.from('late'))).rejects.toBe(gone);
  expect(await readAll(there)).toBe('');
});

it('severs at once when the signal has aborted already', async () => {
  const [here, there] = byteChannelPair();
  const severed = severOn(AbortSignal.abort(gone), here);
  await expect(readAll(severed)).rejects.toBe(gone);
  expect(await readAll(there)).toBe('');
});
