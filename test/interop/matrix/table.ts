import { type AnyRow, COLUMNS, type Column, isDash } from './row.ts';

/** Assertions by row and column. */
export type Counts = Readonly<Record<string, Partial<Record<Column, number>>>>;

const columns = Object.keys(COLUMNS) as Column[]; // SAFE: of a const object

const SHORT: Readonly<Record<Column, string>> = {
  tsTs: 'TS → TS',
  tsPy: 'TS → Python',
  pyTs: 'Python → TS',
  jTs: 'j → TS',
  jlPy: 'jl → Python',
};

/** The matrix as it ran, for a terminal: how many assertions each cell made. */
export function renderCounts(rows: readonly AnyRow[], counts: Counts): string {
  const lines = rows.map((row) => [
    row.title,
    ...columns.map((column) => (isDash(row[column]) ? '-' : String(counts[row.name]?.[column] ?? 'not run'))),
  ]);
  const all = [['', ...columns.map((column) => SHORT[column])], ...lines, sums(counts)];
  const header = all[0] ?? [];
  const widths = header.map((_, index) => Math.max(...all.map((line) => line[index]?.length ?? 0)));
  const pad = (text: string, index: number) =>
    index === 0 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0);
  return all.map((line) => line.map(pad).join('  ')).join('\n');
}

function sums(counts: Counts): string[] {
  const sum = (column: Column) => Object.values(counts).reduce((total, row) => total + (row[column] ?? 0), 0);
  return ['assertions', ...columns.map((column) => String(sum(column)))];
}

/** The matrix as `docs/interop.md` shows it: what runs, what cannot, and why. */
export function renderMarkdown(rows: readonly AnyRow[]): string {
  const reasons: string[] = [];
  const cell = (row: AnyRow, column: Column) => {
    const { [column]: what } = row;
    if (!isDash(what)) return '✓';
    if (!reasons.includes(what.dash)) reasons.push(what.dash);
    return `– (${reasons.indexOf(what.dash) + 1})`;
  };
  const lines = rows.map((row) => [row.title, ...columns.map((column) => cell(row, column))]);
  const header = ['', ...columns.map((column) => SHORT[column].replace(/^jl?\b/, '`$&`'))];
  const table = [header, header.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`);
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`);
  return [...table, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}
