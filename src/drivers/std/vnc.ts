import { z } from 'zod';
import { type Driver, defineComposite } from '../../driver/index.ts';
import { Vnc } from '../../interfaces/index.ts';
import type { NetworkDriver } from './network-driver.ts';

/** The configuration of `vnc`, beside its child. */
export const VncConfig = z.strictObject({
  /** Whether viewers should use an encrypted page. */
  defaultEncrypt: z.boolean().default(false),
});

const define = defineComposite({
  name: 'vnc',
  interface: Vnc,
  config: VncConfig,
  open: ({ defaultEncrypt }) => ({ getDefaultEncrypt: async () => defaultEncrypt }),
});

/** A VNC server, reached through the driver `tcp`. */
export function vnc<const T extends NetworkDriver>(
  config: { readonly tcp: T } & z.input<typeof VncConfig>,
): Driver<typeof Vnc, { readonly tcp: T }> {
  const { tcp, ...own } = config;
  return define({ tcp }, own);
}
