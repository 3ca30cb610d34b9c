import { installLine, packageFor } from '../packages/install.js';
import type { Need } from '../packages/needs.js';
import { isUnknown, type Known, type SystemFacts, type Unknown } from './facts.ts';

/** What is thought of one thing of the host's. */
export interface Finding {
  /** A stable name: `qemu.x86_64`. */
  readonly check: string;
  /** `warning`: missing, but machines of the host's architecture run without it. `error`: they cannot be run. */
  readonly state: 'ok' | 'warning' | 'error';
  readonly summary: string;
  /** The lines to type, in this order. */
  readonly fix: readonly string[];
  /** What else there is to know, or to do where no line will do it. */
  readonly notes: readonly string[];
}

/** How the summary begins of what could not be found out. */
export const NOT_KNOWN = 'not known';

/** What can be done about it. */
export type Advice = Partial<Pick<Finding, 'fix' | 'notes'>>;

export const ok = (check: string, summary: string, advice: Advice = {}): Finding =>
  finding('ok', check, summary, advice);

export const warning = (check: string, summary: string, advice: Advice = {}): Finding =>
  finding('warning', check, summary, advice);

export const error = (check: string, summary: string, advice: Advice = {}): Finding =>
  finding('error', check, summary, advice);

/** Something is missing or wrong: in the way of machines, or not. */
export const lack = (required: boolean, check: string, summary: string, advice: Advice = {}): Finding =>
  finding(required ? 'error' : 'warning', check, summary, advice);

function finding(state: Finding['state'], check: string, summary: string, advice: Advice): Finding {
  return { check, state, summary, fix: [], notes: [], ...advice };
}

/** Judges a fact, or says that it is not known; `required`: which is in the way of machines. */
export function judgeKnown<T extends object>(
  check: string,
  fact: Known<T>,
  judge: (fact: Exclude<T, Unknown>) => Finding,
  required = false,
): Finding {
  if (isUnknown(fact)) return lack(required, check, `${NOT_KNOWN}: ${fact.unknown}`);
  return judge(fact as Exclude<T, Unknown>); // SAFE: the line above
}

/** How to install what `needs` ask for. Where there is no package or no package manager, a note says what is needed. */
export function adviseInstall(needs: readonly Need[], system: SystemFacts): Required<Advice> {
  const host = { manager: system.packageManager ?? undefined, ubuntu: system.ubuntu, root: system.root };
  const wanted = needs.map((need) => [need, packageFor(need, host)] as const);
  const packages = [...new Set(wanted.map(([, name]) => name).filter((name) => typeof name === 'string'))];
  const without = wanted.filter(([, name]) => name === null).map(([need]) => need.anyOf[0]);
  const line = packages.length > 0 ? installLine(packages, host) : undefined;
  const byHand = packages.length > 0 && line === undefined ? [`to be installed: ${packages.join(', ')}`] : [];
  const nowhere = without.length > 0 ? [`no package of this system has: ${without.join(', ')}`] : [];
  return { fix: line === undefined ? [] : [line], notes: [...byHand, ...nowhere] };
}
