import { type Command, Option } from 'commander';
import type { DumpOptions, ExploredNode } from '../../../client/index.ts';
import { mistake } from '../../../core/index.ts';
import type { ContentEncoding, Flasher } from '../../../interfaces/index.ts';
import { handleOf } from '../handle.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { several } from '../options.ts';
import { withProgress } from '../progress.ts';

/** Images to the device, and from it. */
export const flasherCommands: NodeCommands = {
  register: (command, node, context) => registerFlasher(command, node, context),
};

interface FlashWords {
  readonly compression?: ContentEncoding;
  readonly target?: readonly string[];
  readonly sha256?: string;
  readonly sha512?: string;
  readonly checksums?: string;
}

/** `flash` and `dump`. */
export function registerFlasher(command: Command, node: ExploredNode, { signal }: JlContext): void {
  const flasher = () => handleOf<typeof Flasher>(node);
  command
    .command('flash')
    .description('write an image to the device')
    .argument('[file]', 'path, or an http(s) URL that the exporter fetches')
    .option('-t, --target <name:file>', 'a partition and its image; may be given several times', several)
    .addOption(compression('how the file is compressed: the device is given what is in it'))
    .option('--sha256 <digest>', 'what the image must be')
    .option('--sha512 <digest>', 'what the image must be')
    .option('--checksums <file>', "the publisher's SHA256SUMS or the like: path or URL")
    .addHelpText(
      'after',
      `
Examples:
  jl ${node.path.replaceAll('.', ' ')} flash debian.qcow2
  jl ${node.path.replaceAll('.', ' ')} flash https://example.com/debian.qcow2 --checksums https://example.com/SHA512SUMS
  jl ${node.path.replaceAll('.', ' ')} flash -t root:debian.qcow2 -t OVMF_VARS.fd:vars.fd`,
    )
    .action(async (file: string | undefined, { target = [], ...expected }: FlashWords) => {
      const images =
        target.length > 0 ? target.map(readTarget) : [{ partition: undefined, image: needFile(file) }];
      if (expected.compression && images.some(({ image }) => /^https?:/i.test(image)))
        process.stderr.write(
          '--compression is for files: the exporter looks for itself what it gets from a URL\n',
        );
      const handle = await flasher();
      for (const { partition, image } of images) {
        const options = { ...expected, ...(partition !== undefined && { partition }), signal };
        const name = partition === undefined ? 'flash' : `flash ${partition}`;
        await withProgress(name, (onProgress) => handle.flash(image, { ...options, onProgress }));
      }
    });
  command
    .command('dump')
    .description('read the image back from the device into a file')
    .argument('<file>', 'where to put it; it is there only once it is whole')
    .option('--target <name>', 'a partition')
    .addOption(compression('how the file shall be compressed'))
    .action(
      async (file: string, { target, ...words }: { target?: string; compression?: ContentEncoding }) => {
        const handle = await flasher();
        const options: DumpOptions = { ...words, ...(target !== undefined && { partition: target }), signal };
        await withProgress('dump', (onProgress) => handle.dump(file, { ...options, onProgress }));
      },
    );
}

const compression = (help: string) =>
  new Option('--compression <kind>', help).choices(['gzip', 'xz', 'bz2', 'zstd']);

function readTarget(spec: string): { readonly partition: string; readonly image: string } {
  const [, partition, image] = /^([^:]+):(.+)$/s.exec(spec) ?? [];
  if (partition !== undefined && image !== undefined) return { partition, image };
  throw mistake('--target', `got ${JSON.stringify(spec)}; expected NAME:FILE`);
}

function needFile(file: string | undefined): string {
  if (file !== undefined) return file;
  throw mistake('file', 'missing; give the image, or --target NAME:FILE');
}
