/** All of CI, lane after lane, and one line that sums them up: `.ci/run` has set everything up before. */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { runChecks, type Tally } from './check.ts';

const BUDGET_MINUTES = 70;

/** The lanes in order, and the vitest projects of each. `check` comes before them. */
const LANES: Readonly<Record<string, readonly string[]>> = {
  'unit and process': ['unit', 'process'],
  interop: ['interop'],
  acceptance: ['acceptance'],
  aarch64: ['aarch64'],
};

/** The part of vitest's JSON report that says what came of the tests. */
export interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  /** Why the file could not be run, where it could not. */
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}

/** What came of a lane: its counts, and a text for each failure. */
export interface Outcome extends Tally {
  readonly failures: readonly string[];
}

/** Counts a lane. A file that could not be run counts as one failure; so does a lane that failed for no test's sake. */
export function tallyLane(report: Report | undefined, succeeded: boolean): Outcome {
  if (!report) return { passed: 0, failed: 1, failures: ['the lane ended without a report'] };
  const failures = report.testResults.flatMap(failuresOf);
  if (!succeeded && failures.length === 0) failures.push('the lane failed although every test passed');
  return { passed: report.numPassedTests, failed: failures.length, failures };
}

function failuresOf({ name, status, message, assertionResults }: FileReport): string[] {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${file}\n${message ?? 'could not be run'}`] : [];
  return failed.map((test) => [`${file} > ${test.fullName}`, ...(test.failureMessages ?? [])].join('\n'));
}

/** The line that CI reads. */
export function summarize(tallies: readonly Tally[]): string {
  const total = (key: keyof Tally) => tallies.reduce((sum, tally) => sum + tally[key], 0);
  return `${total('passed')} passed, ${total('failed')} failed`;
}

async function runLane(projects: readonly string[], signal: AbortSignal): Promise<Outcome> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-ci-'));
  const output = join(folder.path, 'report.json');
  const { failed } = await execa(
    'vitest',
    [
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${output}`],
    ],
    {
      preferLocal: true,
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
      reject: false,
      cancelSignal: signal,
    },
  );
  const text = await readFile(output, 'utf8').catch(() => undefined);
  return tallyLane(text === undefined ? undefined : (JSON.parse(text) as Report), !failed); // SAFE: vitest's format
}

async function main(): Promise<void> {
  const budget = AbortSignal.timeout(BUDGET_MINUTES * 60_000);
  const rows: { name: string; minutes: number; tally: Tally & Partial<Outcome> }[] = [];
  const lane = async (name: string, run: () => Promise<Tally>) => {
    console.log(`\n=== ${name}`);
    const start = performance.now();
    const tally = budget.aborted ? { passed: 0, failed: 1 } : await run();
    rows.push({ name, minutes: (performance.now() - start) / 60_000, tally });
  };
  await lane('check', () => runChecks(budget));
  for (const [name, projects] of Object.entries(LANES)) await lane(name, () => runLane(projects, budget));
  // Once more, where a log that was cut to its end still has them.
  for (const { name, tally } of rows)
    for (const failure of tally.failures ?? []) console.log(`\n=== failed in ${name}: ${failure}`);
  console.log('\n=== minutes');
  for (const { name, minutes, tally } of rows) {
    console.log(`${name.padEnd(18)} ${minutes.toFixed(1).padStart(5)}  ${summarize([tally])}`);
  }
  if (budget.aborted)
    console.log(`over the budget of ${BUDGET_MINUTES} minutes: what was not done counts as failed`);
  const tallies = rows.map(({ tally }) => tally);
  console.log(summarize(tallies));
  process.exitCode = tallies.some(({ failed }) => failed > 0) ? 1 : 0;
}

if (import.meta.main) await main();
