import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Event {
  readonly event: string;
  readonly time: string;
  readonly data: { readonly pid?: number };
}

/** What QEMU itself said of a fork: its process, and when its CPUs ran, by the host's clock in milliseconds. */
export interface Beginning {
  readonly pid: number;
  readonly running: number;
}

/** Looks into what a fork leaves in its folder. */
export function beginningOf(artifacts: string): Beginning {
  const text = readFileSync(join(artifacts, 'timeline.jsonl'), 'utf8');
  const events = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event); // SAFE: as a trail has it
  const started = events.find(({ event }) => event === 'POWER_ON');
  const resumed = events.find(({ event }) => event === 'RESUME');
  if (!started?.data.pid || !resumed) throw new Error(`${artifacts} tells of no start`);
  return { pid: started.data.pid, running: Date.parse(resumed.time) };
}
