import { readFile, writeFile } from 'node:fs/promises';
import type { Machine } from '../machine.ts';
import { quantile } from '../stats.ts';
import type { Figure } from './figure.ts';

const BEGIN = '<!-- bench:fork: begin -->';
const END = '<!-- bench:fork: end -->';

/** The figures of one guest. */
export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** A figure with what it comes to, as the JSON has it. */
export const summarize = ({ what, unit, values, goal }: Figure) => {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => quantile(values, part));
  const goals = goal && { goal: goal.text, reached: goal.isReached(p50 ?? Number.NaN) };
  return { what, unit, p50, p95, p99, ...goals, values };
};

/** A table of Markdown. */
export function renderFigures(figures: readonly Figure[]): string {
  const head = ['', 'p50', 'p95', 'p99', 'goal', ''];
  const lines = figures.map((figure) => {
    const { what, unit, p50, p95, p99, goal, reached, values } = {
      goal: '',
      reached: undefined,
      ...summarize(figure),
    };
    const shown = values.length > 1 ? [p50, p95, p99] : [p50];
    const cells = [0, 1, 2].map((column) => short(shown[column]));
    return [
      `${what}, ${unit}`,
      ...cells,
      goal,
      reached === undefined ? '' : reached ? 'reached' : '**missed**',
    ];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export const renderSections = (sections: readonly Section[]): string =>
  sections.map(({ title, figures }) => `### ${title}\n\n${renderFigures(figures)}`).join('\n\n');

/** Puts a run into a page, between its marks. @throws Error when the page has none */
export async function writeForks(
  page: string,
  run: { readonly machine: Machine; readonly sections: readonly Section[] },
): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page} has no marks ${BEGIN} and ${END}`);
  const { date, cpu, cores, memory, system, node, qemu, load } = run.machine;
  const machine = `${date} UTC: ${cores} cores (${cpu}), ${memory}, ${system}, Node.js ${node}, ${qemu}; load average ${load} when it began.`;
  const parts = [BEGIN, machine, renderSections(run.sections)];
  await writeFile(page, `${text.slice(0, begin)}${parts.join('\n\n')}\n\n${text.slice(end)}`);
}

function short(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
