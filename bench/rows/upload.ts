import { runTool } from '../../src/core/index.ts';
import { atLeastTimes } from '../goals.ts';
import { makeImage, renewImage } from '../images.ts';
import { againstPython, type Bench } from '../row.ts';
import { openSides } from '../sides.ts';

/** Flashing an image that the exporter has never seen, over the wire, as it is or compressed. */
export const upload: Bench = {
  name: 'upload',
  how: 'a qcow2 of 256 MiB, other bytes each time, flashed by a client of another process',
  rows: [
    { what: 'flash by upload, new image', unit: 'MB/s', ...againstPython('rate'), goal: atLeastTimes(3) },
    { what: 'the same, compressed by zstd', unit: 'MB/s', ...againstPython('compressed') },
  ],
  open: async (context, stack) => {
    const { path, size } = await makeImage(context.folder, 'upload');
    return await openSides(context, { kind: 'qemu' }, stack, async ({ client }) => {
      await renewImage(path);
      const plain = await client.ask({ do: 'flash', path });
      await renewImage(path);
      const packed = `${path}.zst`;
      await runTool('zstd', ['-q', '-f', '-1', path, '-o', packed]);
      const compressed = await client.ask({ do: 'flash', path: packed });
      const rate = (answer: Record<string, unknown>) => size / 1_000 / Number(answer['time']);
      return { rate: rate(plain), compressed: rate(compressed) };
    });
  },
};
