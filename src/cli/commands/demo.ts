import type { Command } from 'commander';
import type { DemoOptions } from '../demo/plan.ts';

/** `jumplead demo`: the main job, seen. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('flash a machine, boot it, log in, look at its screen, and switch it off')
    .option('--arch <arch>', "x86_64 or aarch64 (default: this host's)")
    .option(
      '--image <path or URL>',
      'another image than debian-12, which is built when it is missing (where it cannot be, fedora-44 is pulled)',
    )
    .option('--cold', 'boot for real, and remember nothing: without it only the first run boots')
    .option('--keep', 'keep the machine and its page until Ctrl-C')
    .option(
      '--out <folder>',
      'where transcript, command line, timeline and screenshot go (default: out/demo-ARCH)',
    )
    .addHelpText(
      'after',
      `
Examples:
  jumplead demo              # boots; once more, and it resumes from there
  jumplead demo --arch aarch64
  jumplead demo --image ./my-image.qcow2 --keep`,
    )
    .action(async (options: DemoOptions) => (await import('./demo-run.ts')).runDemo(options));
}
