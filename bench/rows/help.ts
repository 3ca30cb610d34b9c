import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { atMostTimes } from '../goals.ts';
import { againstPython, type Bench, type Round } from '../row.ts';

const STARTS = 5;

/** How long the command line takes to say what it can do. */
export const help: Bench = {
  name: 'help',
  how: `${STARTS} starts of \`jumplead --help\`, of \`jmp --help\` and of a Node.js that does nothing`,
  rows: [
    {
      what: '`--help`',
      unit: 'ms',
      ...againstPython('time'),
      goal: atMostTimes(1 / 10, 'at most a tenth'),
    },
    {
      what: '`--help` beside an empty Node.js program',
      unit: 'ms',
      ours: { side: 'ours', key: 'time' },
      other: { side: 'node', key: 'time', name: '`node -e 0`' },
    },
  ],
  open: async ({ ours, baseline, python }) => ({
    ours: started(process.execPath, [join(ours, 'bin', 'jumplead.js'), '--help']),
    ...(baseline && {
      baseline: started(process.execPath, [join(baseline, 'bin', 'jumplead.js'), '--help']),
    }),
    node: started(process.execPath, ['-e', '0']),
    python: started(python('jmp'), ['--help']),
  }),
};

function started(file: string, args: readonly string[]): Round {
  return async (round) => {
    if (round === 0) await run(file, args);
    const times: number[] = [];
    for (let index = 0; index < STARTS; index++) times.push(await run(file, args));
    return { time: times.reduce((sum, time) => sum + time, 0) / STARTS };
  };
}

async function run(file: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn(file, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} exited with ${code}`);
  return performance.now() - start;
}
