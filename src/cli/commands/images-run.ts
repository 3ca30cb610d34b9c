import { formatSize } from '../../core/index.ts';
import { hostArch } from '../../drivers/qemu/index.ts';
import { buildImage, listImages, removeImage } from '../../images/index.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { createSteps } from '../steps.ts';

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

export async function list(options: { json?: boolean }): Promise<void> {
  const images = await listImages();
  if (options.json) process.stdout.write(`${JSON.stringify(images, null, 2)}\n`);
  else if (images.length === 0)
    process.stdout.write('no images; build one with: jumplead images build debian-12\n');
  else {
    const width = Math.max(...images.map(({ id }) => id.length));
    for (const { id, size, built } of images) {
      process.stdout.write(
        `${id.padEnd(width)}  ${formatSize(size).padStart(8)}  ${built.toISOString().slice(0, 16)}Z\n`,
      );
    }
  }
}

/** Removes each image and says how much room that made. */
export async function remove(names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const { id, size } of await removeImage(name))
      process.stdout.write(`removed ${id}, ${formatSize(size)}\n`);
  }
}
