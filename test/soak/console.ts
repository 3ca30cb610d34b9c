import { join } from 'node:path';
import { execa } from 'execa';

const FLOOD = join(import.meta.dirname, '../fixtures/console-flood.ts');
const MIB = 2 ** 20;
/** As in `console-flood.process.test.ts`, which is the same with less. */
const MOST = 128;

/** A machine prints 1 GiB while three readers of different pace read it; what went wrong, a line each. */
export async function soakConsole(onProgress: (line: string) => void): Promise<string[]> {
  const { stdout } = await execa(process.execPath, [FLOOD, String(1_024 * MIB)]);
  const { read, expected, memory, megabytesPerSecond } = JSON.parse(stdout);
  onProgress(`1 GiB at ${megabytesPerSecond} MB/s; memory ${memory.before} MiB, at most ${memory.peak}`);
  const wrong = ['all', 'late', 'file'].filter((reader) => read[reader] !== expected.all);
  if (read.half !== expected.half) wrong.push('half');
  const problems = [
    ...wrong.map((reader) => `the bytes of the reader "${reader}" are not those that were printed`),
    ...(memory.peak - memory.before < MOST ? [] : [`it took ${memory.peak - memory.before} MiB of memory`]),
  ];
  problems.forEach(onProgress);
  return problems;
}
