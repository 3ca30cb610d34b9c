import type { DriverNode } from '../../../driver/index.ts';
import { VirtualPower } from '../../../interfaces/index.ts';
import type { VirtualMachine } from '../machine/machine.ts';

/** The power of a machine. Without options it is switched off at once. */
export function powerNode(machine: VirtualMachine): DriverNode<typeof VirtualPower> {
  return {
    interface: VirtualPower,
    children: {},
    handlers: {
      on: async (context) => done(await machine.on(context)),
      off: (options, context) => machine.off(options ?? undefined, context),
      cycle: (options, context) => machine.cycle(options ?? undefined, context),
      reset: async (context) => done(await machine.reset(context)),
      pause: async (context) => done(await machine.pause(context)),
      resume: async (context) => done(await machine.resume(context)),
      state: () => machine.state(),
    },
  };
}

const done = (_: void) => null;
