import { readFileSync } from 'node:fs';

/**
 * MiB of memory that a process has for itself: what it has written to. Pages of a file in memory that nobody else happens to look at are not
 * counted (the kernel counts them as private and dirty): they are the file's, and there anyway.
 */
export function unshared(pid: number): number {
  const [, kibibytes] =
    /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kibibytes) / 1_024;
}
