import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

interface Event {
  readonly event: string;
  readonly time: string;
  readonly data: { readonly pid?: number };
}

/** What QEMU itself said of a machine: its process, and when its CPUs ran, by the host's clock in milliseconds. */
export interface Beginning {
  readonly pid: number;
  readonly running: number;
}

/** Looks into what a machine leaves in its folder, where everything comes a moment later. */
export async function beginningOf(artifacts: string): Promise<Beginning> {
  let beginning: Beginning | undefined;
  await until(() => {
    const lines = readFileSync(join(artifacts, 'timeline.jsonl'), 'utf8').split('\n').slice(0, -1);
    const events = lines.map((line) => JSON.parse(line) as Event); // SAFE: as a trail has it
    const on = events.findIndex(({ event }) => event === 'POWER_ON');
    const pid = events[on]?.data.pid;
    // Before that its CPUs ran to warm its guest up.
    const resumed = events.find(({ event }, index) => index > on && event === 'RESUME');
    if (pid !== undefined && resumed) beginning = { pid, running: Date.parse(resumed.time) };
    return beginning !== undefined;
  });
  if (!beginning) throw new Error(`${artifacts} tells of no start`);
  return beginning;
}
