/**
 * The long tests: `npm run soak`, or `npm run soak -- NAME --seed N --count N --real N`. Each prints how far it is, and one line in
 * the end; the exit code is 1 when anything went wrong.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { soakConsole } from './console.ts';
import { soakForks } from './forks.ts';
import { soakKills } from './kills.ts';

/** What a soak is told. */
export interface SoakOptions {
  /** The same seed does the same. */
  readonly seed: number;
  /** How often; each soak has its own default. */
  readonly count: number | undefined;
  /** How many of those with real guests. */
  readonly real: number | undefined;
}

/** A long test: prints what goes wrong as it is found, and resolves with all of it, a line each. */
export type Soak = (options: SoakOptions) => Promise<readonly string[]>;

/** All soaks, by name. */
const SOAKS: Readonly<Record<string, Soak>> = {
  kills: async ({ seed, count = 1_000, real = Math.ceil(count / 20) }) => {
    const { kills, moments, problems } = await soakKills({
      seed,
      count,
      real,
      atOnce: 4,
      onProgress: console.log,
    });
    for (const [moment, times] of Object.entries(moments))
      console.log(`  killed ${times} times while ${moment}`);
    console.log(`${kills - new Set(problems).size} of ${kills} exporters killed and nothing left`);
    return problems;
  },
  console: () => soakConsole(console.log),
  forks: async ({ count = 1_000 }) => {
    const problems = await soakForks({ count, onProgress: console.log });
    console.log(`${count} forks, one after the other`);
    return problems;
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, count: { type: 'string' }, real: { type: 'string' } },
});
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
const seed = number(values.seed) ?? randomInt(2 ** 31);
for (const name of positionals.length > 0 ? positionals : Object.keys(SOAKS)) {
  const soak = SOAKS[name];
  if (!soak) throw new Error(`no soak ${name}; there are: ${Object.keys(SOAKS).join(', ')}`);
  console.log(`${name}: seed ${seed}`);
  const start = performance.now();
  const problems = await soak({ seed, count: number(values.count), real: number(values.real) });
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  console.log(
    `${problems.length === 0 ? 'ok' : 'FAILED'} ${name}: ${problems.length} problems, ${minutes} min, seed ${seed}`,
  );
  if (problems.length > 0) process.exitCode = 1;
}
