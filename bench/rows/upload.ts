import { atLeastTimes } from '../goals.ts';
import { makeImage, renewImage } from '../images.ts';
import { againstPython, type Bench } from '../row.ts';
import { openSides } from '../sides.ts';

/** Flashing an image that the exporter has never seen, over the wire. */
export const upload: Bench = {
  name: 'upload',
  how: 'a qcow2 of 256 MiB, other bytes each time, flashed by a client of another process',
  rows: [
    { what: 'flash by upload, new image', unit: 'MB/s', ...againstPython('rate'), goal: atLeastTimes(3) },
  ],
  open: async (context, stack) => {
    const { path, size } = await makeImage(context.folder, 'upload');
    return await openSides(context, { kind: 'qemu' }, stack, async ({ client }) => {
      await renewImage(path);
      const { time } = await client.ask({ do: 'flash', path });
      return { rate: size / 1_000 / Number(time) };
    });
  },
};
