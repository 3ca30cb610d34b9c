import type { Command } from 'commander';
import { several } from '../jl/options.ts';
import type { UpOptions } from '../up/plan-up.ts';

/** `jumplead up`: a machine of one's own, at once. */
export function registerUp(program: Command, argv: readonly string[]): void {
  program
    .command('up')
    .description('start one machine with its page, until Ctrl-C or for as long as a command runs')
    .usage('[options] [image] [-- command...]')
    .argument(
      '[image]',
      'name, path or URL (default: debian-12); by name it is built or pulled when it is missing',
    )
    .argument('[command...]', 'what to run with the machine at hand, once it has booted')
    .option('--arch <arch>', "x86_64 or aarch64 (default: this host's)")
    .option('--memory <size>', 'of the machine', '1GiB')
    .option('--cpus <number>', 'of the machine', '2')
    .option('--disk-size <size>', "of its disk (default: the image's)")
    .option('--firmware <uefi or bios>', 'what starts the image', 'uefi')
    .option(
      '--publish <ports>',
      'GUEST or HOST:GUEST: a port of the guest, at 127.0.0.1 of this host; may be given again',
      several,
    )
    .option(
      '--ready <pattern>',
      'a regular expression: what the console shows when it has booted',
      'login: $',
    )
    .option('--cold', 'boot it, also when a boot of this image is remembered')
    .option('--out <folder>', 'where the transcript of the console and the command line of QEMU go')
    .addHelpText(
      'after',
      `
The first boot of an image is remembered, and the next machine resumes from there: jumplead snapshot ls lists
what is kept. The disk is a fresh copy each time; the image stays as it is.

A command finds the machine at $JUMPSTARTER_HOST, with \`jl\` in its PATH; the exit code is that of the command.
What is said goes to stderr; on stdout stands JUMPSTARTER_HOST=..., for shells.

Examples:
  jumplead up
  jumplead up fedora-44 --memory 2GiB --publish 8080:80
  jumplead up ./my-image.qcow2 --cold --out out
  jumplead up debian-12 -- jl ssh -- uname -r`,
    )
    .action(async (image: string | undefined, words: string[], options: UpOptions) => {
      const [{ runUp }, { readWords }] = await Promise.all([
        import('./up-run.ts'),
        import('../up/plan-up.ts'),
      ]);
      const given = image === undefined ? [] : [image, ...words];
      await runUp(readWords(given, argv), options);
    });
}
