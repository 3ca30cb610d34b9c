import { readFileSync } from 'node:fs';

/**
 * MiB of memory that are there for this process alone: what it has written to. Pages of a file that nobody else happens to have
 * mapped are not counted: they are there anyway.
 */
export function unshared(pid: number): number {
  const [, kibibytes] =
    /^Private_Dirty:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kibibytes) / 1_024;
}
