import { DeviceError } from '../../../core/index.ts';
import type { CallContext, DriverNode } from '../../../driver/index.ts';
import { type ByteChannel, Ssh, type SshIdentity, TcpNetwork } from '../../../interfaces/index.ts';
import { connectSocket, networkUrl } from '../../std/index.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import { sessionChannel } from './session-channel.ts';

/** A port of the guest, while the machine is on. */
export function forwardNode(machine: VirtualMachine, name: string): DriverNode<typeof TcpNetwork> {
  return { interface: TcpNetwork, children: {}, handlers: forwardHandlers(machine, name) };
}

/** The ssh server of the guest, and who may log in. */
export function sshNode(machine: VirtualMachine, identity: SshIdentity): DriverNode<typeof Ssh> {
  return {
    interface: Ssh,
    children: {},
    handlers: { ...forwardHandlers(machine, 'ssh'), identity: async () => identity },
  };
}

function forwardHandlers(machine: VirtualMachine, name: string) {
  const locate = (operation: string) => {
    const session = machine.session(operation);
    const forward = session.forwards[name];
    if (!forward) throw new DeviceError(`${name} is not forwarded`, { event: 'no-forward', tail: '' });
    return { ...forward, session };
  };
  return {
    connect: async (_: undefined, { signal }: CallContext): Promise<ByteChannel> => {
      const { host, hostPort: port, session } = locate(`${name}.connect`);
      session.used = true;
      return sessionChannel(
        session,
        await connectSocket({ host, port }, networkUrl('tcp', host, port), signal),
      );
    },
    address: async () => {
      const { host, hostPort } = locate(`${name}.address`);
      return networkUrl('tcp', host, hostPort);
    },
  };
}
