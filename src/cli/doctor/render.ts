import { styleText } from 'node:util';
import { isUnknown } from './facts.ts';
import type { Finding } from './finding.ts';
import type { Report } from './report.ts';

const MARKS = {
  ok: ['green', '✔'],
  warning: ['yellow', '!'],
  error: ['red', '✘'],
} as const;

/** Where findings are put that are not about the machines of an architecture. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'This host': ['system', 'node', 'memory', 'ssh', 'vsock'],
  'What machines use': ['qemu-img', 'iso', 'setpriv', 'boot-rom', 'xz', 'bzip2'],
  'Room, and what takes it': ['disk.cache', 'disk.state', 'disk.shm', 'cache', 'leftovers'],
};

/** The report for people: in colours, and no wider than it is, where `stream` is a terminal. */
export function renderReport(report: Report, stream: NodeJS.WritableStream & { columns?: number }): string {
  const groups = Map.groupBy(report.findings, ({ check }) => groupOf(check, report));
  const titles = [...groups.keys()].toSorted((a, b) => rank(a) - rank(b));
  const label = Math.max(...report.findings.map(({ check }) => labelOf(check).length));
  const width = 'isTTY' in stream && stream.isTTY ? (stream.columns ?? Infinity) : Infinity;
  const parts = titles.map((title) => [
    styleText('bold', title, { stream }),
    ...(groups.get(title) ?? []).flatMap((finding) => renderFinding(finding, label, width, stream)),
  ]);
  return [`jumplead ${report.jumplead}`, ...parts, verdict(report)]
    .filter((part) => part.length > 0)
    .map((part) => (typeof part === 'string' ? part : part.join('\n')))
    .join('\n\n');
}

function renderFinding(
  { check, state, summary, notes, fix }: Finding,
  label: number,
  width: number,
  stream: NodeJS.WritableStream,
): string[] {
  const [colour, mark] = MARKS[state];
  const indent = ' '.repeat(label + 6);
  const [first = '', ...more] = wrap(summary, width - indent.length);
  return [
    `  ${styleText(colour, mark, { stream })} ${labelOf(check).padEnd(label)}  ${first}`,
    ...[more, ...notes.map((note) => wrap(note, width - indent.length))].flat().map((line) => indent + line),
    // Left whole: they are to be copied.
    ...fix.map((line) => `${indent}$ ${styleText('bold', line, { stream })}`),
  ];
}

/** What it is about within its group: `qemu` of `qemu.x86_64`. */
const labelOf = (check: string) => check.replace(/\.(?:x86_64|aarch64)$/, '');

function groupOf(check: string, { arch: host }: Report): string {
  const [, arch] = /\.(x86_64|aarch64)$/.exec(check) ?? [];
  if (arch) return `Machines of ${arch}${arch === host ? ', as this host is' : ''}`;
  const [title = 'More'] = Object.keys(GROUPS).filter((name) => GROUPS[name]?.includes(check));
  return title;
}

/** First the host, then its own machines, then foreign ones, then the rest. */
function rank(title: string): number {
  if (title.startsWith('Machines')) return title.includes(',') ? 1 : 2;
  const at = Object.keys(GROUPS).indexOf(title);
  return at === 0 ? 0 : 3 + (at < 0 ? 9 : at);
}

function verdict(report: Report): string {
  const { findings, arch, runs, facts } = report;
  if (!runs) return '';
  const accelerator = arch && facts.machines[arch].accelerator;
  const how = accelerator && !isUnknown(accelerator) ? `, by ${accelerator.name}` : '';
  const missing = findings.filter(({ state }) => state === 'warning').map(({ check }) => check);
  const without = missing.length > 0 ? `\nThey do without: ${missing.join(', ')}.` : '';
  return `Machines of ${arch} can be run here${how}.${without}`;
}

/** The lines of a text with no more than `width` characters each, where its words allow that. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > Math.max(width, 20)) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
