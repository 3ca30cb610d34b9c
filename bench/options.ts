import { parseArgs } from 'node:util';
import type { Rounds } from './row.ts';
import { BENCHES } from './rows/index.ts';

/** What the command line asks for. */
export interface Options extends Rounds {
  /** Names of benches. */
  readonly only: readonly string[];
  /** A file for all figures. */
  readonly json: string | undefined;
  /** Another checkout to be measured beside this one. */
  readonly baseline: string | undefined;
  /** Whether the run is to be put into docs/benchmarks.md. */
  readonly write: boolean;
}

const NAMES = BENCHES.map(({ name }) => name);

export const USAGE = `npm run bench -- [options]
  --only ${NAMES.join(',')}
  --rounds N        how often each side is measured, in turn (default: 5)
  --boots N         the same for what boots Debian, which takes minutes (default: 1)
  --json FILE       all figures, with the rounds
  --baseline DIR    another checkout, to be measured beside this one
  --write           puts the run into docs/benchmarks.md
npm run bench -- grpc [candidate...]   the trial of gRPC libraries`;

/** Reads the command line. @throws Error that says what is wrong with it */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: NAMES.join(',') },
      rounds: { type: 'string', default: '5' },
      boots: { type: 'string', default: '1' },
      json: { type: 'string' },
      baseline: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const only = values.only.split(',');
  const unknown = only.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0)
    throw new Error(`--only: unknown: ${unknown.join(', ')}; known: ${NAMES.join(', ')}`);
  return {
    only,
    rounds: count(values.rounds, '--rounds'),
    boots: count(values.boots, '--boots'),
    json: values.json,
    baseline: values.baseline,
    write: values.write,
  };
}

function count(text: string, option: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`${option}: got ${JSON.stringify(text)}, expected a number from 1`);
}
