import type { Result } from './run.ts';
import type { Summary } from './stats.ts';

/** The results as a table of Markdown. */
export function renderTable(results: readonly Result[]): string {
  const hasBaseline = results.some(({ baseline }) => baseline);
  const head = [
    '',
    'jumplead',
    ...(hasBaseline ? ['before', 'now to before'] : []),
    'held against',
    'ratio',
    'goal',
    '',
  ];
  const lines = results.map(({ row, ours, other, baseline, reached }) => [
    `${row.what}, ${row.unit}`,
    cell(ours),
    ...(hasBaseline ? [cell(baseline), baseline ? ratio(ours, baseline) : ''] : []),
    other ? `${cell(other)} ${row.other?.name}` : '',
    other ? ratio(ours, other) : '',
    row.goal?.text ?? '',
    reached === undefined ? '' : reached ? 'reached' : '**missed**',
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(summary: Summary | undefined): string {
  if (!summary) return '';
  const { median, min, max, values } = summary;
  return values.length > 1 ? `${short(median)} (${short(min)}–${short(max)})` : short(median);
}

const ratio = (ours: Summary, other: Summary) => `${(ours.median / other.median).toFixed(2)}`;

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
