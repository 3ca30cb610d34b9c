import { StateError } from '../../core/index.ts';
import { type OffResult, type PowerState, VirtualPower } from '../../interfaces/index.ts';
import { Turn } from '../std/index.ts';
import { defineFake, type Fake, type Gate } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakeVirtualPowerOptions {
  readonly fail?: Failures<typeof VirtualPower>;
  /** A guest that does not listen: a graceful `off` ends `forced`, at once. */
  readonly deaf?: boolean;
  /** Shared with the other drivers of the machine whose state-changing calls exclude these. */
  readonly turn?: Turn;
}

/** The power of a machine: what it is doing, and how often it has started and been reset. */
export class FakeVirtualPowerDevice extends FakeDevice<typeof VirtualPower> {
  /** Called at each change of the state. */
  onChange: (state: PowerState, before: PowerState) => void = () => undefined;
  #state: PowerState = 'off';
  #boots = 0;
  #resets = 0;

  get state(): PowerState {
    return this.#state;
  }
  get boots(): number {
    return this.#boots;
  }
  get resets(): number {
    return this.#resets;
  }

  /** What the machine does by itself: it panics, or shuts down. The fake driver switches it this way as well. */
  enter(state: PowerState): void {
    const before = this.#state;
    if (before === 'off' && state === 'running') this.#boots += 1;
    this.#state = state;
    this.onChange(state, before);
  }

  reset(): void {
    this.#resets += 1;
    this.enter('running');
  }
}

/** The power of a virtual machine that starts and stops at once. */
export function fakeVirtualPower(
  options: FakeVirtualPowerOptions = {},
): Fake<typeof VirtualPower, FakeVirtualPowerDevice> {
  const device = new FakeVirtualPowerDevice('fake-virtual-power', options.fail);
  const switchOff = (mode: 'graceful' | 'forced'): OffResult => {
    if (device.state === 'off') return 'already';
    device.enter('off');
    return options.deaf ? 'forced' : mode;
  };
  return defineFake({
    name: 'fake-virtual-power',
    interface: VirtualPower,
    device,
    gate: oneAtATime(options.turn ?? new Turn()),
    open: () => ({
      on: async () => {
        if (device.state !== 'off') return 'already';
        device.enter('running');
        return 'cold';
      },
      off: async (off) => switchOff(off?.mode ?? 'forced'),
      cycle: async (off) => {
        const result = switchOff(off?.mode ?? 'forced');
        device.enter('running');
        return result;
      },
      reset: async () => {
        needs(device, 'running', 'paused', 'panicked');
        device.reset();
        return null;
      },
      pause: async () => {
        needs(device, 'running', 'paused');
        device.enter('paused');
        return null;
      },
      resume: async () => {
        needs(device, 'running', 'paused');
        device.enter('running');
        return null;
      },
      state: async () => device.state,
    }),
  });
}

/** Every call but `state` waits for none and is refused beside another; a forced `off` ends that one. */
function oneAtATime(turn: Turn): Gate {
  return ({ method, args, context }, act) => {
    if (method === 'state') return act(context.signal);
    const operation = `power.${method}`;
    const [off] = args as [{ mode: string } | null | undefined]; // SAFE: the session has checked it
    const isForced = method === 'off' && (off?.mode ?? 'forced') === 'forced';
    return isForced ? turn.preempt(operation, context, act) : turn.take(operation, context, act);
  };
}

function needs(device: FakeVirtualPowerDevice, ...states: PowerState[]): void {
  if (states.includes(device.state)) return;
  const needed = states.join(' or ');
  throw new StateError(`the machine is ${device.state}; this needs it ${needed}`, {
    state: device.state,
    needed,
  });
}
