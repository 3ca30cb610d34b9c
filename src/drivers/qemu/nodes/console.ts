import type { DriverNode } from '../../../driver/index.ts';
import { Console } from '../../../interfaces/index.ts';
import type { SharedConsole } from '../console/shared-console.ts';

/** The serial console of a machine. A peer that sends no options reads on where the wire's readers had got to. */
export function consoleNode(shared: SharedConsole): DriverNode<typeof Console> {
  return {
    interface: Console,
    children: {},
    handlers: {
      connect: async (options, { peer }) => shared.open({ ...options, name: peer.name }),
      close: async () => {
        await shared.close();
        return null;
      },
      status: async () => shared.status(),
    },
  };
}
