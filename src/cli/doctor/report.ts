import { styleText } from 'node:util';
import { LaunchError, VERSION } from '../../core/index.ts';
import { type Facts, isUnknown } from './facts.ts';
import type { Finding } from './finding.ts';

/**
 * What `jumplead doctor --json` prints. Within a `version`, properties and findings are only added, and the name and
 * meaning of those that are there stay; the texts of findings are for people.
 */
export interface Report {
  readonly version: 1;
  /** Of this package. */
  readonly jumplead: string;
  /** The host's architecture, as QEMU calls it; `null`: none that machines can be made of. */
  readonly arch: Facts['system']['arch'];
  /** A machine of that architecture can be run here: no finding is an `error`. */
  readonly runs: boolean;
  readonly findings: readonly Finding[];
  /** What they were made of. A part is `{"unknown": "why"}` where it could not be found out. */
  readonly facts: Facts;
}

export function createReport(facts: Facts, findings: readonly Finding[]): Report {
  const runs = findings.every(({ state }) => state !== 'error');
  return { version: 1, jumplead: VERSION, arch: facts.system.arch, runs, findings, facts };
}

const MARKS = {
  ok: ['green', '✔'],
  warning: ['yellow', '!'],
  error: ['red', '✘'],
} as const;

/** The report for people; in colours where `stream` is a terminal. */
export function renderReport(report: Report, stream: NodeJS.WritableStream): string {
  const { findings, jumplead, arch, runs } = report;
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(width + 4);
  const lines = findings.flatMap(({ check, state, summary, notes, fix }) => {
    const [colour, mark] = MARKS[state];
    return [
      `${styleText(colour, mark, { stream })} ${check.padEnd(width)}  ${summary}`,
      ...notes.map((note) => `${indent}${note}`),
      ...fix.map((line) => `${indent}$ ${styleText('bold', line, { stream })}`),
    ];
  });
  const verdict = runs ? ['', `Machines of ${arch} can be run here${howFast(report)}.`] : [];
  return [`jumplead ${jumplead}`, '', ...lines, ...verdict].join('\n');
}

function howFast({ arch, facts }: Report): string {
  const accelerator = arch && facts.machines[arch].accelerator;
  return accelerator && !isUnknown(accelerator) ? `, by ${accelerator.name}` : '';
}

/** The error of a host that cannot run a machine of its own architecture; it names every finding that says so. */
export function shortcoming({ runs, arch, findings }: Report): LaunchError | undefined {
  if (runs) return undefined;
  const errors = findings.filter(({ state }) => state === 'error');
  const why = errors.map(({ check, summary }) => `  ${check}: ${summary}`);
  const hint = errors.flatMap(({ fix }) => fix).join('\n');
  return new LaunchError(
    [`no machine of ${arch ?? "this host's architecture"} can be run here:`, ...why].join('\n'),
    { command: 'qemu', exitCode: null, signal: null, stderr: '', ...(hint && { hint }) },
    { operation: 'doctor' },
  );
}
