import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { atMost } from '../goals.ts';
import type { Bench } from '../row.ts';

/** What `doctor` answers where machines cannot be run: that is no failure of its own. */
const ANSWERS = [0, 3];

/** How long it takes to look at this host. */
export const doctor: Bench = {
  name: 'doctor',
  how: '`jumplead doctor`',
  rows: [
    {
      what: '`jumplead doctor`',
      unit: 's',
      ours: { side: 'ours', key: 'time' },
      goal: atMost(10, 'under 10 s'),
    },
  ],
  open: async ({ ours }) => ({
    ours: async () => {
      const start = performance.now();
      const child = spawn(process.execPath, [join(ours, 'bin', 'jumplead.js'), 'doctor'], {
        stdio: 'ignore',
      });
      const [code] = await once(child, 'exit');
      if (!ANSWERS.includes(code)) throw new Error(`jumplead doctor exited with ${code}`);
      return { time: (performance.now() - start) / 1_000 };
    },
  }),
};
