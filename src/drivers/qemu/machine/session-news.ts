import { faultError, type MachineEvent, type MachineFault } from '../../../interfaces/index.ts';
import type { Begun } from './begin-session.ts';
import type { SessionParts } from './power-plan.ts';
import type { QmpEvent } from './qmp-message.ts';

export interface SessionNewsParts extends Pick<Begun, 'told' | 'faults'> {
  readonly parts: SessionParts;
  /** QEMU's run state, by its own word. */
  readonly status: () => Promise<string>;
}

/** Follows up what QEMU tells from a power-on to its end, and tells it to others in the same order. */
export class SessionNews {
  readonly #parts: SessionNewsParts;
  #stopped = 0;
  #stoodStill = 0;
  #boot = new AbortController();
  #shutDown = false;

  constructor(parts: SessionNewsParts) {
    this.#parts = parts;
  }

  /** For how long the CPUs stood still when they did so last, in milliseconds, by QEMU's clock. */
  get stoodStill(): number {
    return this.#stoodStill;
  }

  /** Aborts with a DeviceError when nothing that goes on in the guest will go on before a reset. */
  get boot(): AbortSignal {
    return this.#boot.signal;
  }

  /** Whether the guest has switched the machine off. */
  get shutDown(): boolean {
    return this.#shutDown;
  }

  /** Is to be told of each of QEMU's events. */
  hear(event: QmpEvent): void {
    if (event.event === 'STOP') this.#stopped = Date.parse(event.time);
    if (event.event === 'RESUME') this.#stoodStill = Date.parse(event.time) - this.#stopped;
    if (event.event === 'SHUTDOWN' && event.data['guest'] === true) this.#shutDown = true;
    const act = this.#reactions[event.event];
    if (act) this.#parts.told.add(() => act(event));
    this.tell(event.event, event.data, event.time);
  }

  /** Tells everybody, when all that came before is told. */
  tell(event: string, data: MachineEvent['data'], time = new Date().toISOString()): void {
    const { told, parts } = this.#parts;
    told.add(() => {
      parts.trail.event({ event, time, data });
      parts.onEvent({ event, time, data });
    });
  }

  /** The machine stands still: who reads its console is told, and nothing in the guest goes on where `boot` is over. */
  fail(fault: MachineFault, { boot }: { readonly boot: 'over' | 'goes on' }): Error {
    const error = faultError(fault);
    this.#parts.parts.recorder.finish(error);
    if (boot === 'over') this.#boot.abort(error);
    return error;
  }

  /** What is done at some of QEMU's events before they are told. */
  readonly #reactions: Readonly<Record<string, (event: QmpEvent) => Promise<void> | void>> = {
    GUEST_PANICKED: async (event) => {
      const { parts, faults } = this.#parts;
      if (event.data['action'] === 'run') return;
      await parts.recorder.settled();
      this.fail(await faults.panicked(event), { boot: 'over' });
    },
    BLOCK_IO_ERROR: async (event) => {
      const { parts, faults } = this.#parts;
      if (event.data['action'] !== 'stop') return;
      await parts.recorder.settled();
      const fault = await faults.blocked(event);
      if (fault) this.fail(fault, { boot: 'goes on' });
    },
    STOP: async ({ time }) => {
      const { faults, status } = this.#parts;
      if ((await status()) === 'internal-error') this.fail(await faults.stuck(time), { boot: 'goes on' });
    },
    RESUME: () => {
      const { parts, faults } = this.#parts;
      faults.resumed();
      parts.recorder.resume();
    },
    RESET: () => {
      const { parts, faults } = this.#parts;
      faults.reset();
      this.#boot = new AbortController();
      parts.recorder.resume();
    },
  };
}
