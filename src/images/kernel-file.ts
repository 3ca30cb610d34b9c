import { readdir } from 'node:fs/promises';
import { ImageError } from '../core/index.ts';

/** The name of the only kernel in a folder `boot`. @throws ImageError when there is none, or more than one. */
export async function findKernel(boot: string): Promise<string> {
  const kernels = (await readdir(boot)).filter((name) => name.startsWith('vmlinuz-'));
  const [kernel] = kernels;
  if (kernel && kernels.length === 1) return kernel;
  throw new ImageError(`expected one kernel in the packages, found ${kernels.join(', ') || 'none'}`, {
    reason: 'no single kernel',
    source: boot,
  });
}
