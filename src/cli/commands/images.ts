import type { Command } from 'commander';
import type { VerifyOptions } from './images-keep.ts';
import type { PullOptions } from './images-pull.ts';
import type { GcOptions } from './tell-removed.ts';

/** `jumplead images`: those that were built or pulled, and those that can be. */
export function registerImages(program: Command): void {
  const images = program
    .command('images')
    .description('build, pull, list, verify and remove images')
    .addHelpText('after', '\nImages lie in the cache; jumplead doctor says where, and how much there is.');
  registerBuild(images);
  registerPull(images);
  registerLists(images);
  registerKeeping(images);
}

function registerBuild(images: Command): void {
  images
    .command('build')
    .description('build a test image from Debian packages; what was built before is used again')
    .argument('<name>', 'the image: debian-12')
    .option('--arch <arch>', "x86_64 or aarch64 (default: this host's)")
    .addHelpText('after', '\nExample:\n  jumplead images build debian-12 --arch aarch64')
    .action(async (name: string, options: { arch?: string }) =>
      (await import('./images-run.ts')).build(name, options),
    );
}

function registerPull(images: Command): void {
  images
    .command('pull')
    .description('download a public cloud image, or one of your own; what is there already is not downloaded')
    .argument('<name or URL>', 'as in jumplead images catalogue, or an address')
    .option('--arch <arch>', "x86_64 or aarch64 (default: this host's)")
    .option('--mirror <URL>', "a copy of the publisher's site, for the image and its checksum")
    .option('--sha256 <digest>', 'of a URL: what the file must be')
    .option('--sha512 <digest>', 'of a URL: what the file must be')
    .option('--checksums <URL>', 'of a URL: the file that has its checksum')
    .option('--name <name>', 'of a URL: what to call the image (default: as its file)')
    .option('--json', 'print what is known of the image, as JSON, instead of its path')
    .addHelpText(
      'after',
      `
The path of the image is printed to stdout, everything else to stderr.

Environment:
  https_proxy, http_proxy, no_proxy         the proxy
  SSL_CERT_FILE, NODE_EXTRA_CA_CERTS        authorities of your own
  JUMPLEAD_MIRROR_FEDORA, _DEBIAN, _UBUNTU  a mirror, for all pulls

Examples:
  jumplead images pull fedora-44
  jumplead images pull debian-13-generic --arch aarch64
  jumplead images pull fedora-44 --mirror https://mirror.example/fedora/linux
  jumplead images pull https://files.example/box.qcow2.xz --checksums https://files.example/SHA256SUMS
  jumplead demo --image "$(jumplead images pull ubuntu-26.04)"`,
    )
    .action(async (image: string, options: PullOptions) =>
      (await import('./images-pull.ts')).pull(image, options),
    );
}

function registerLists(images: Command): void {
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
}

function registerKeeping(images: Command): void {
  images
    .command('verify')
    .description('read all images again, and put those aside that are not what they were')
    .argument('[name...]', 'as `jumplead images ls` shows them (default: all, and what was flashed)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Exit code: 0 when all is as it was, 1 when something was damaged.

Examples:
  jumplead images verify
  jumplead images verify fedora-44`,
    )
    .action(async (names: string[], options: VerifyOptions) =>
      (await import('./images-keep.ts')).verify(names, options),
    );
  images
    .command('gc')
    .description('remove what nobody needs: older builds and pulls, what was flashed long ago, leftovers')
    .option('--older-than <time>', 'what was flashed and not used for so long', '30d')
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
What a machine that runs is using is never removed.

Examples:
  jumplead images gc --dry-run
  jumplead images gc --older-than 7d`,
    )
    .action(async (options: GcOptions) => (await import('./images-keep.ts')).collect(options));
  images
    .command('rm')
    .description('remove images that are kept')
    .argument('<name...>', 'as `jumplead images ls` shows them')
    .action(async (names: string[]) => (await import('./images-run.ts')).remove(names));
}
