import type { Command } from 'commander';
import type { DoctorOptions } from './doctor-run.ts';

/** `jumplead doctor`: what this host can do, and what to type where something is missing. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at this host: what machines it can run, what is missing, and what to type')
    .option('--json', 'as JSON, the facts with it')
    .addHelpText(
      'after',
      `
Marks:
  ✔ in order   ! missing, but machines run without it   ✘ machines cannot be run

Exit code: 0 when a machine of this host's architecture can be run here, otherwise 3.

Examples:
  jumplead doctor
  jumplead doctor --json | jq -r '.findings[].fix[]'`,
    )
    .action(async (options: DoctorOptions) => (await import('./doctor-run.ts')).runDoctor(options));
}
