import { readFile, writeFile } from 'node:fs/promises';
import type { Machine } from './machine.ts';
import { renderTable } from './report.ts';
import type { Bench } from './row.ts';
import type { Result } from './run.ts';

const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/** Puts a run into a page, between its marks. @throws Error when the page has none */
export async function writeRun(
  page: string,
  run: { readonly machine: Machine; readonly results: readonly Result[]; readonly benches: readonly Bench[] },
): Promise<void> {
  const text = await readFile(page, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${page} has no marks ${BEGIN} and ${END}`);
  const { machine, results, benches } = run;
  const how = benches.map(({ name, how: measured }) => `- \`${name}\`: ${measured}.`);
  const parts = [BEGIN, describe(machine), renderTable(results), how.join('\n')];
  await writeFile(page, `${text.slice(0, begin)}${parts.join('\n\n')}\n\n${text.slice(end)}`);
}

function describe(machine: Machine): string {
  const { date, cpu, cores, memory, system, node, python, qemu, load } = machine;
  return (
    `${date} UTC: ${cores} cores (${cpu}), ${memory}, ${system}, Node.js ${node}, ${python}, ${qemu}; ` +
    `load average ${load} when it began.`
  );
}
