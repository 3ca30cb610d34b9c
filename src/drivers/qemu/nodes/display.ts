import type { DriverNode } from '../../../driver/index.ts';
import { Display } from '../../../interfaces/index.ts';
import { connectSocket } from '../../std/index.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import { takeScreenshot } from '../machine/screenshot.ts';
import { readingChannel } from './reading-channel.ts';
import { sessionChannel } from './session-channel.ts';

/** The screen of a machine, while it is on. */
export function displayNode(machine: VirtualMachine, folder: string): DriverNode<typeof Display> {
  return {
    interface: Display,
    children: {},
    handlers: {
      connect: async (_, { signal }) => {
        const session = machine.session('display.connect');
        const { vnc } = session.plan.sockets;
        return sessionChannel(session, await connectSocket({ path: vnc }, 'the screen', signal));
      },
      screenshot: async (_, { signal }) => {
        const { qmp } = machine.session('display.screenshot');
        return readingChannel(await takeScreenshot(qmp, folder, signal));
      },
    },
  };
}
