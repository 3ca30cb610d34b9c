import { atMost } from '../goals.ts';
import { openMachine } from '../machines.ts';
import type { Bench } from '../row.ts';

/** How soon it is said that a machine is dead, and how soon a live one is gone. */
export const endings: Bench = {
  name: 'endings',
  how: 'SIGKILL for QEMU while somebody waits for its console, until he is told; and the end of a session whose machine is on',
  rows: [
    {
      what: '`expect`, QEMU killed: rejection',
      unit: 'ms',
      ours: { side: 'ours', key: 'dead' },
      goal: atMost(1_000, 'under a second'),
    },
    {
      what: 'clean close, the machine on',
      unit: 'ms',
      ours: { side: 'ours', key: 'close' },
      goal: atMost(2_000, 'at most 2 s'),
    },
  ],
  open: async ({ ours }) => ({
    ours: async () => {
      await using machine = await openMachine(ours);
      await machine.ask({ do: 'on' });
      const { time: dead } = await machine.ask({ do: 'expectDead' });
      await machine.ask({ do: 'on' });
      const { time: close } = await machine.ask({ do: 'close' });
      return { dead: Number(dead), close: Number(close) };
    },
  }),
};
