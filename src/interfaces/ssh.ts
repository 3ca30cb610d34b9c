import { z } from 'zod';
import { call, channel, defineInterface } from './contract.ts';

/** How to log in by ssh. `privateKey` is OpenSSH's format; `hostKey` is set where it is known in advance. */
export const SshIdentity = z.object({
  username: z.string(),
  privateKey: z.string().nullable(),
  password: z.string().nullable(),
});
export type SshIdentity = z.output<typeof SshIdentity>;

/** The ssh server of a machine, with the key that opens it. */
export const Ssh = defineInterface(
  'ssh.v1',
  { pythonClient: 'jumpstarter_driver_network.client.NetworkClient', category: 'network' },
  {
    connect: channel('A connection to the ssh server'),
    address: call('Where the ssh server is reached on the exporter: tcp://HOST:PORT', {
      returns: z.string(),
      idempotent: true,
    }),
    identity: call('User name and key', { returns: SshIdentity, idempotent: true }),
  },
);

/** Jumpstarter's ssh wrapper: the stream is that of its child `tcp`. */
export const SshWrapper = defineInterface(
  'ssh-wrapper.v1',
  { pythonClient: 'jumpstarter_driver_ssh.client.SSHWrapperClient', category: 'network' },
  {
    getDefaultUsername: call('The user to log in as', { returns: z.string(), idempotent: true }),
    getSshCommand: call('The ssh command line', { returns: z.string(), idempotent: true }),
    getSshIdentity: call('The private key, if one is configured', {
      returns: z.string().nullable(),
      idempotent: true,
    }),
  },
);
