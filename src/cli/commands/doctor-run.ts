import { gatherFacts } from '../doctor/gather.ts';
import { judge } from '../doctor/judge.ts';
import { renderReport } from '../doctor/render.ts';
import { createReport, shortcoming } from '../doctor/report.ts';
import { listenForInterrupts } from '../interrupt.ts';

export interface DoctorOptions {
  readonly json?: boolean;
}

/** Prints what this host can do. @throws LaunchError when that is not running a machine of its own architecture. */
export async function runDoctor(options: DoctorOptions): Promise<void> {
  using interrupts = listenForInterrupts();
  const facts = await gatherFacts({ signal: interrupts.signal });
  const report = createReport(facts, judge(facts));
  const text = options.json ? JSON.stringify(report, null, 2) : renderReport(report, process.stdout);
  process.stdout.write(`${text}\n`);
  const error = shortcoming(report);
  if (error) throw error;
}
