import { writeFile } from 'node:fs/promises';
import { formatDuration } from '../../core/index.ts';
import type { StepRecord } from '../steps.ts';

/** Writes the steps and their times, for people (`timeline.txt`) and for programs (`timeline.json`; milliseconds). */
export async function writeTimeline(folder: string, records: readonly StepRecord[]): Promise<void> {
  const lines = records.map(
    ({ name, start, duration, outcome }) =>
      `${formatDuration(start).padStart(10)}  +${formatDuration(duration).padStart(9)}  ${name.padEnd(22)} ${outcome}`,
  );
  const write = (name: string, text: string) => writeFile(`${folder}/${name}`, `${text}\n`, { mode: 0o600 });
  await write('timeline.txt', lines.join('\n'));
  await write('timeline.json', JSON.stringify(records, null, 2));
}
