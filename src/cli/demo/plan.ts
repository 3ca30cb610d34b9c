import { join } from 'node:path';
import { hostArch } from '../../drivers/qemu/index.ts';
import { checkArch, type ImageArch } from '../../images/index.ts';

/** What the demo can be told. */
export interface DemoOptions {
  readonly arch?: string;
  readonly image?: string;
  readonly keep?: boolean;
  readonly cold?: boolean;
  readonly out?: string;
}

/** What the demo will do, with every default filled in. */
export interface DemoPlan {
  readonly arch: ImageArch;
  /** A path or URL; without one, the image `debian-12` is found or built, or one like it is pulled. */
  readonly image: string | undefined;
  readonly keep: boolean;
  /** Boots in any case, and remembers nothing. */
  readonly cold: boolean;
  /** Folder of what the demo leaves. */
  readonly out: string;
}

export function planDemo(options: DemoOptions): DemoPlan {
  const arch = checkArch(options.arch ?? hostArch() ?? process.arch);
  return {
    arch,
    image: options.image,
    keep: options.keep ?? false,
    cold: options.cold ?? false,
    out: options.out ?? join('out', `demo-${arch}`),
  };
}
