import type { Command } from 'commander';

/** `jumplead images`: those that were built or pulled, and those that can be. */
export function registerImages(program: Command): void {
  const images = program.command('images').description('build, pull, list and remove images');
  images
    .command('build')
    .description('build a test image from Debian packages; what was built before is used again')
    .argument('<name>', 'the image: debian-12')
    .option('--arch <arch>', "x86_64 or aarch64 (default: this host's)")
    .addHelpText('after', '\nExample:\n  jumplead images build debian-12 --arch aarch64')
    .action(async (name: string, options: { arch?: string }) =>
      (await import('./images-run.ts')).build(name, options),
    );
  images
    .command('ls')
    .description('list the images that are kept')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => (await import('./images-run.ts')).list(options));
  images
    .command('catalogue')
    .description('list the public images that can be pulled by name')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => (await import('./images-run.ts')).listCatalogue(options));
  images
    .command('rm')
    .description('remove images that are kept')
    .argument('<file...>', 'as `jumplead images ls` shows them')
    .action(async (names: string[]) => (await import('./images-run.ts')).remove(names));
}
