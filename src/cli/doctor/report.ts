import { LaunchError, VERSION } from '../../core/index.ts';
import type { Facts } from './facts.ts';
import { type Finding, NOT_KNOWN } from './finding.ts';

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

/** The error of a host that cannot run a machine of its own architecture; it names every finding that says so. */
export function shortcoming({ runs, arch, findings }: Report): LaunchError | undefined {
  if (runs) return undefined;
  const errors = findings.filter(({ state }) => state === 'error');
  const why = errors.map(({ check, summary }) => `  ${check}: ${summary}`);
  const hint = errors.flatMap(({ fix }) => fix).join('\n');
  const isKnown = errors.some(({ summary }) => !summary.startsWith(NOT_KNOWN));
  const machine = `machine of ${arch ?? "this host's architecture"}`;
  const what = isKnown
    ? `no ${machine} can be run here`
    : `it is not known whether a ${machine} can be run here`;
  return new LaunchError(
    [`${what}:`, ...why].join('\n'),
    { command: 'qemu', exitCode: null, signal: null, stderr: '', ...(hint && { hint }) },
    { operation: 'doctor' },
  );
}
