import { formatSize } from '../../core/index.ts';
import { inspectImage } from '../../drivers/qemu/index.ts';
import { type PullRequest, pullImage } from '../../images/index.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { createSteps } from '../steps.ts';

/** What `jumplead images pull` takes beside the image. */
export interface PullOptions extends Omit<PullRequest, 'image'> {
  readonly json?: boolean;
}

/** Prints the path of the image to stdout, and everything else to stderr. */
export async function pull(image: string, { json, ...options }: PullOptions): Promise<void> {
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const label = /^[a-z]+:/i.test(image) ? 'pull' : image;
  const pulled = await createSteps(process.stderr).run(label, async ({ onProgress }) => {
    const value = await pullImage({ ...options, image, onProgress, signal, inspect: inspectImage });
    const { id, size, digest } = value.image;
    const checked = digest
      ? `its ${digest.algorithm.replace('sha', 'SHA-')} is as ${digest.from ? 'published' : 'given'}`
      : 'checked against nothing: no checksum was given';
    const outcome = value.known ? `${id}: unchanged since it was pulled` : `${formatSize(size)}, ${checked}`;
    return { outcome, value: value.image };
  });
  process.stdout.write(`${json ? JSON.stringify(pulled, null, 2) : pulled.file}\n`);
}
