import type { SshHandle } from '../ssh/ssh.ts';
import type { SshLogin } from '../ssh/ssh-connect.ts';
import { requirePart } from './needs.ts';
import type { Wait } from './wait.ts';

/** A device with an ssh server. */
export interface HasSsh {
  readonly ssh: SshHandle;
}

/**
 * Waits until a login by ssh is accepted, by default with what the device says, and logs out again. A login that is refused
 * ends the wait, as it ends `ssh.connect`.
 */
export function ssh(login: Partial<SshLogin> = {}): Wait<HasSsh, void> {
  return {
    name: 'ssh',
    prepare: async ({ device, faults }) => {
      requirePart(device, 'ssh', ['connect'], 'ssh');
      return async ({ signal, saw }) => {
        const onRefusal = ({ message }: Error) => saw(message);
        const options = { ...login, faults, signal, timeout: undefined, onRefusal };
        await using _session = await device.ssh.connect(options);
      };
    },
  };
}
