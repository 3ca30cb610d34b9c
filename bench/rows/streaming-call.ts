import { againstPython, type Bench } from '../row.ts';
import { openSides } from '../sides.ts';

const ITEMS = 5_000;

/** How many answers of a streaming call come in a second. */
export const streamingCall: Bench = {
  name: 'streaming-call',
  how: `one streaming call that answers ${ITEMS} times with a number`,
  rows: [{ what: 'streaming call, answers', unit: '/s', ...againstPython('rate') }],
  open: (context, stack) =>
    openSides(context, { kind: 'tree' }, stack, async ({ client }, round) => {
      if (round === 0) await client.ask({ do: 'stream', count: ITEMS });
      const { time } = await client.ask({ do: 'stream', count: ITEMS });
      return { rate: ITEMS / (Number(time) / 1_000) };
    }),
};
