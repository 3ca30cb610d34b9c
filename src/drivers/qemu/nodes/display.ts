import type { DriverNode } from '../../../driver/index.ts';
import { Display } from '../../../interfaces/index.ts';
import { connectSocket, severOn } from '../../std/index.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import { takeScreenshot } from '../machine/screenshot.ts';
import { readingChannel } from './reading-channel.ts';

/** The screen of a machine, while it is on. */
export function displayNode(machine: VirtualMachine, folder: string): DriverNode<typeof Display> {
  return {
    interface: Display,
    children: {},
    handlers: {
      connect: async (_, { signal }) => {
        const { plan, broken } = machine.session('display.connect');
        return severOn(broken, await connectSocket({ path: plan.sockets.vnc }, 'the screen', signal));
      },
      screenshot: async (_, { signal }) => {
        const { qmp } = machine.session('display.screenshot');
        return readingChannel(await takeScreenshot(qmp, folder, signal));
      },
    },
  };
}
