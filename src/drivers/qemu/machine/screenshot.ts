import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ProtocolError } from '../../../core/index.ts';
import type { Qmp } from './qmp.ts';

/** What is on the screen of a machine, as the bytes of a PNG file. `folder` is one that QEMU may write to. */
export async function takeScreenshot(qmp: Qmp, folder: string, signal: AbortSignal): Promise<Uint8Array> {
  const filename = join(folder, `screen-${randomBytes(4).toString('hex')}`);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(filename, { force: true }));
  const png = knowsFormats(await qmp.query('query-qmp-schema', Schema, {}, { signal }));
  await qmp.execute('screendump', { filename, ...(png && { format: 'png' }) }, { signal });
  // A link would be QEMU choosing what we read.
  const picture = await readFile(filename, {
    flag: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  });
  return png ? picture : await convertPpm(picture);
}

const Schema = z.array(
  z.object({
    name: z.string(),
    'arg-type': z.string().optional(),
    members: z.array(z.object({ name: z.string().optional() })).optional(),
  }),
);

/** Whether `screendump` can be told a format; before QEMU 7.1 it only wrote PPM. */
function knowsFormats(schema: z.output<typeof Schema>): boolean {
  const command = schema.find(({ name }) => name === 'screendump');
  const args = schema.find(({ name }) => name === command?.['arg-type']);
  return args?.members?.some(({ name }) => name === 'format') ?? false;
}

/** Makes PNG of a PPM picture as QEMU writes it: `P6`, width, height, 255, and three bytes for each point. */
export async function convertPpm(picture: Uint8Array): Promise<Uint8Array> {
  const start = Buffer.from(picture.subarray(0, 64)).toString('latin1');
  const [header, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(start) ?? [];
  if (header === undefined) {
    const fields = { peer: 'QEMU', sent: 'screendump', answer: start.slice(0, 16) };
    throw new ProtocolError('QEMU wrote a picture that is neither PNG nor PPM', fields);
  }
  // Loaded for old versions of QEMU only.
  const { PNG } = await import('pngjs');
  const png = new PNG({
    width: Number(width),
    height: Number(height),
    colorType: 2,
    inputColorType: 2,
    inputHasAlpha: false,
  });
  png.data = Buffer.from(picture.subarray(header.length));
  return PNG.sync.write(png, { colorType: 2, inputColorType: 2, inputHasAlpha: false });
}
