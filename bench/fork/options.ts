import { parseArgs } from 'node:util';
import type { Extent } from './extent.ts';
import { GUESTS, type GuestName } from './guest.ts';
import { PARTS, type PartName } from './parts/index.ts';

/** What the command line asks for. */
export interface Options extends Extent {
  readonly guests: readonly GuestName[];
  readonly parts: readonly PartName[];
  /** Whether the stock Python client is measured as well. */
  readonly python: boolean;
  /** A file for all figures. */
  readonly json: string | undefined;
  /** Whether the run is to be put into docs/benchmarks.md. */
  readonly write: boolean;
}

const GUEST_NAMES = Object.keys(GUESTS) as GuestName[]; // SAFE: its keys
const PART_NAMES = Object.keys(PARTS) as PartName[]; // SAFE: its keys
const PYTHON = 'python';
const ALL = [...PART_NAMES, PYTHON] as const;
const BY_DEFAULT: readonly GuestName[] = ['1GiB', '4GiB'];

export const USAGE = `npm run bench:fork -- [options]
  --guest ${GUEST_NAMES.join(',')}   which guests (default: ${BY_DEFAULT.join(',')})
  --only ${ALL.join(',')}
  --count N      forks, claims and whatever else is over in a moment (default: 30)
  --crowd N      forks that are alive at once (default: 16)
  --seconds N    how long forks are started one after the other (default: 30)
  --json FILE    all figures, with each value
  --write        puts the run into docs/benchmarks.md`;

/** Reads the command line. @throws Error that says what is wrong with it */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      guest: { type: 'string', default: BY_DEFAULT.join(',') },
      only: { type: 'string', default: ALL.join(',') },
      count: { type: 'string', default: '30' },
      crowd: { type: 'string', default: '16' },
      seconds: { type: 'string', default: '30' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const only = among('--only', values.only, ALL);
  return {
    guests: among('--guest', values.guest, GUEST_NAMES),
    parts: PART_NAMES.filter((name) => only.includes(name)),
    python: only.includes(PYTHON),
    count: number('--count', values.count),
    crowd: number('--crowd', values.crowd),
    seconds: number('--seconds', values.seconds),
    json: values.json,
    write: values.write,
  };
}

function among<Name extends string>(option: string, text: string, known: readonly Name[]): Name[] {
  const given = text.split(',');
  const names = known.filter((name) => given.includes(name));
  const unknown = given.filter((name) => !known.some((other) => other === name));
  if (unknown.length === 0) return names;
  throw new Error(`${option}: unknown: ${unknown.join(', ')}; known: ${known.join(', ')}`);
}

function number(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`${option}: got ${JSON.stringify(text)}, expected a number from 1`);
}
