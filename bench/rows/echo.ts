import { atLeastTimes } from '../goals.ts';
import { againstPython, type Bench } from '../row.ts';
import { openSides } from '../sides.ts';

const SIZE = 65_536;
const CHUNKS = 4_000;

/** How fast bytes go through a stream in both directions at once. */
export const echo: Bench = {
  name: 'echo',
  how: `${CHUNKS} chunks of 64 KiB to a driver that sends them back, written and read at the same time`,
  rows: [{ what: 'echo, 64 KiB frames', unit: 'MB/s', ...againstPython('rate'), goal: atLeastTimes(2) }],
  open: (context, stack) =>
    openSides(context, { kind: 'tree' }, stack, async ({ client }, round) => {
      if (round === 0) await client.ask({ do: 'echo', count: CHUNKS / 4, size: SIZE });
      const { time } = await client.ask({ do: 'echo', count: CHUNKS, size: SIZE });
      return { rate: (CHUNKS * SIZE) / 1_000 / Number(time) };
    }),
};
