import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { atMostTimes } from '../goals.ts';
import { againstPython, type Bench, type Round } from '../row.ts';
import { openOurExporter } from '../sides.ts';

const STARTS = 5;

/** How long the command lines take to say what they can do: `jl` and `j` also beside a device, which they then ask. */
export const help: Bench = {
  name: 'help',
  how: `${STARTS} starts of each; the device, for both, is served by jumplead on a Unix socket`,
  rows: [
    {
      what: '`jumplead --help`',
      unit: 'ms',
      ...againstPython('time'),
      goal: atMostTimes(1 / 10, 'at most a tenth'),
    },
    {
      what: '`jumplead --help` beside an empty Node.js program',
      unit: 'ms',
      ours: { side: 'ours', key: 'time' },
      other: { side: 'node', key: 'time', name: '`node -e 0`' },
    },
    {
      what: '`jl --help`, no device',
      unit: 'ms',
      ours: { side: 'jl', key: 'time' },
      other: { side: 'python', key: 'time', name: "Python's `jmp`" },
      goal: atMostTimes(1 / 10, 'at most a tenth'),
    },
    {
      what: '`jl --help` beside a device',
      unit: 'ms',
      ours: { side: 'jlBeside', key: 'time' },
      other: { side: 'j', key: 'time', name: "Python's `j`" },
      goal: atMostTimes(1 / 10, 'at most a tenth'),
    },
  ],
  open: async ({ ours, baseline, python }, stack) => {
    const exporter = stack.use(await openOurExporter(ours, { kind: 'tree' }));
    const { socket } = await exporter.ask({ do: 'socket' });
    const beside = { JUMPSTARTER_HOST: String(socket), JMP_DRIVERS_ALLOW: 'UNSAFE' };
    const ourHelp = (root: string, program: string, env?: Env) =>
      started(process.execPath, [join(root, 'bin', program), '--help'], env);
    return {
      ours: ourHelp(ours, 'jumplead.js'),
      ...(baseline && { baseline: ourHelp(baseline, 'jumplead.js') }),
      node: started(process.execPath, ['-e', '0']),
      python: started(python('jmp'), ['--help']),
      jl: ourHelp(ours, 'jl.js'),
      jlBeside: ourHelp(ours, 'jl.js', beside),
      j: started(python('j'), ['--help'], beside),
    };
  },
};

type Env = Readonly<Record<string, string>>;

function started(file: string, args: readonly string[], env: Env = {}): Round {
  return async (round) => {
    if (round === 0) await run(file, args, env);
    const times: number[] = [];
    for (let index = 0; index < STARTS; index++) times.push(await run(file, args, env));
    return { time: times.reduce((sum, time) => sum + time, 0) / STARTS };
  };
}

async function run(file: string, args: readonly string[], env: Env): Promise<number> {
  const start = performance.now();
  const { JUMPSTARTER_HOST: _, ...rest } = process.env;
  const child = spawn(file, args, { stdio: 'ignore', env: { ...rest, ...env } });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} exited with ${code}`);
  return performance.now() - start;
}
