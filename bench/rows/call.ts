import { atMostTimes } from '../goals.ts';
import { againstPython, type Bench } from '../row.ts';
import { openSides } from '../sides.ts';
import { quantile } from '../stats.ts';

const CALLS = 1_000;
const WARM_UP = 300;

/** How long a driver call takes. */
export const call: Bench = {
  name: 'call',
  how: `${CALLS} calls of \`power.on\` of a driver that does nothing, one after the other`,
  rows: [
    {
      what: 'driver call, p50',
      unit: 'ms',
      ...againstPython('p50'),
      goal: atMostTimes(1 / 3, 'at most a third'),
    },
    { what: 'driver call, p99', unit: 'ms', ...againstPython('p99') },
  ],
  open: (context, stack) =>
    openSides(context, { kind: 'tree' }, stack, async ({ client }, round) => {
      if (round === 0) await client.ask({ do: 'call', count: WARM_UP });
      const { times } = await client.ask({ do: 'call', count: CALLS });
      const milliseconds = times as number[]; // SAFE: both clients answer so
      return { p50: quantile(milliseconds, 0.5), p99: quantile(milliseconds, 0.99) };
    }),
};
