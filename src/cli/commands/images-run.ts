import { formatSize } from '../../core/index.ts';
import { hostArch } from '../../drivers/qemu/index.ts';
import { buildImage, CATALOGUE, type CachedImage, listImages, removeImage } from '../../images/index.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { createSteps } from '../steps.ts';
import { alignColumns } from '../table.ts';

/** Prints the path of the image to stdout, and everything else to stderr. */
export async function build(name: string, options: { arch?: string }): Promise<void> {
  const arch = options.arch ?? hostArch() ?? process.arch;
  using interrupts = listenForInterrupts();
  const path = await createSteps(process.stderr).run(`${name} ${arch}`, async ({ onProgress }) => {
    const value = await buildImage({ name, arch, onProgress, signal: interrupts.signal });
    return { outcome: 'ready', value };
  });
  process.stdout.write(`${path}\n`);
}

const NONE = `no images; there will be one after either of
  jumplead images build debian-12
  jumplead images pull fedora-44
`;

export async function list(options: { json?: boolean }): Promise<void> {
  const images = await listImages();
  if (options.json) process.stdout.write(`${JSON.stringify(images, null, 2)}\n`);
  else if (images.length === 0) process.stdout.write(NONE);
  else process.stdout.write(alignColumns(images.map(describeImage), { right: [2] }));
}

const describeImage = (image: CachedImage) => {
  const when = image.kind === 'built' ? image.built : image.pulled;
  return [image.id, image.kind, formatSize(image.size), `${when.toISOString().slice(0, 16)}Z`];
};

/** Prints the images that can be pulled by name. */
export function listCatalogue(options: { json?: boolean }): void {
  if (options.json) return void process.stdout.write(`${JSON.stringify(CATALOGUE, null, 2)}\n`);
  const rows = CATALOGUE.map(({ name, title, size, note }) => [name, `~${size} MiB`, title, note ?? '']);
  process.stdout.write(alignColumns(rows, { right: [1] }));
}

/** Removes each image and says how much room that made. */
export async function remove(names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const { id, size } of await removeImage(name))
      process.stdout.write(`removed ${id}, ${formatSize(size)}\n`);
  }
}
