import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from '../../core/index.ts';
import { type Driver, defineComposite } from '../../driver/index.ts';
import { SshWrapper } from '../../interfaces/index.ts';
import type { NetworkDriver } from './network-driver.ts';

/** The configuration of `sshWrapper`, beside its child. */
export const SshWrapperConfig = z
  .strictObject({
    /** The user to log in as; `''` leaves it to the client. */
    defaultUsername: z.string().default(''),
    sshCommand: z
      .string()
      .default('ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR'),
    /** The private key, in OpenSSH's format. */
    sshIdentity: z.string().optional(),
    /** The file with the private key; read when it is asked for. */
    sshIdentityFile: z.string().optional(),
  })
  .refine(({ sshIdentity, sshIdentityFile }) => !(sshIdentity && sshIdentityFile), {
    path: ['sshIdentityFile'],
    error: 'give either sshIdentity or sshIdentityFile, not both',
  });

const define = defineComposite({
  name: 'ssh-wrapper',
  interface: SshWrapper,
  config: SshWrapperConfig,
  open: ({ defaultUsername, sshCommand, sshIdentity, sshIdentityFile }) => ({
    getDefaultUsername: async () => defaultUsername,
    getSshCommand: async () => sshCommand,
    getSshIdentity: async () => (sshIdentityFile ? readIdentity(sshIdentityFile) : (sshIdentity ?? null)),
  }),
});

/** An ssh server, reached through the driver `tcp`, with what a client needs to log in. */
export function sshWrapper<const T extends NetworkDriver>(
  config: { readonly tcp: T } & z.input<typeof SshWrapperConfig>,
): Driver<typeof SshWrapper, { readonly tcp: T }> {
  const { tcp, ...own } = config;
  return define({ tcp }, own);
}

async function readIdentity(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const message = `cannot read ${file}: ${(cause as Error).message}`; // SAFE: readFile rejects with errors
    throw new ConfigError(
      `ssh-wrapper: ${message}`,
      { issues: [{ path: 'sshIdentityFile', message }] },
      { cause },
    );
  }
}
