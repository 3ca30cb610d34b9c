import type { SshHandle } from '../client/index.ts';
import { UnsupportedError } from '../core/index.ts';

/** The ssh server of a machine. @throws UnsupportedError where it has none */
export function sshOf(vm: object): SshHandle {
  if ('ssh' in vm) return vm.ssh as SshHandle; // SAFE: a machine's child of that name is one
  throw new UnsupportedError('ssh: the machine has no ssh server', { capability: 'ssh', available: [] });
}
