import type { DriverNode } from '../../../driver/index.ts';
import { VirtualPower } from '../../../interfaces/index.ts';
import type { VirtualMachine } from '../machine/machine.ts';

/** The power of a machine. Without options it is switched off at once. */
export function powerNode(machine: VirtualMachine): DriverNode<typeof VirtualPower> {
  return {
    interface: VirtualPower,
    children: {},
    handlers: {
      on: (context) => machine.on(context),
      off: (options, context) => machine.off(options ?? undefined, context),
      cycle: (options, context) => machine.cycle(options ?? undefined, context),
      reset: (context) => machine.reset(context).then(() => null),
      pause: (context) => machine.pause(context).then(() => null),
      resume: (context) => machine.resume(context).then(() => null),
      state: () => machine.state(),
    },
  };
}
