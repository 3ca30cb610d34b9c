import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { convertPpm } from '../../../src/drivers/qemu/machine/screenshot.ts';

test('a picture as QEMU wrote it before 7.1 becomes a PNG', async () => {
  const points = Buffer.from([255, 0, 0, 0, 128, 255]);
  const png = PNG.sync.read(
    Buffer.from(await convertPpm(Buffer.concat([Buffer.from('P6\n2 1\n255\n'), points]))),
  );
  expect([png.width, png.height]).toEqual([2, 1]);
  expect([...png.data]).toEqual([255, 0, 0, 255, 0, 128, 255, 255]);
});

test('what is no picture is QEMU misbehaving', async () => {
  await expect(convertPpm(Buffer.from('<svg>'))).rejects.toMatchObject({ code: 'protocol' });
});
