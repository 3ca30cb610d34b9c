import type { Command } from 'commander';
import type { GcOptions } from './tell-removed.ts';

/** `jumplead snapshot`: the boots that are remembered. */
export function registerSnapshot(program: Command): void {
  const snapshot = program
    .command('snapshot')
    .description('list and remove the boots that are remembered')
    .addHelpText(
      'after',
      '\nA machine with `boot: { remember: true }` stores them in the cache. What a machine has saved under a name\nends with it: jl snapshot ls.',
    );
  snapshot
    .command('ls')
    .description('list them, and what the machines that are on share and have for themselves')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => (await import('./snapshot-run.ts')).list(options));
  snapshot
    .command('rm')
    .description('forget some')
    .argument('<key...>', 'as `jumplead snapshot ls` shows them')
    .action(async (keys: string[]) => (await import('./snapshot-run.ts')).remove(keys));
  snapshot
    .command('gc')
    .description('forget what was not used for long, and what a killed process has left')
    .option('--older-than <time>', 'what was not used for so long', '30d')
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nWhat a machine that runs lies over is never removed.\n\nExample:\n  jumplead snapshot gc --older-than 7d',
    )
    .action(async (options: GcOptions) => (await import('./snapshot-run.ts')).collect(options));
}
