import type { DeviceFailure } from '../../../core/index.ts';
import {
  type ConsoleFault,
  type ConsoleFaultEvent,
  ConsoleFaults,
  describeFault,
  type FaultEvent,
  faultError,
  type MachineEvent,
  type MachineFault,
} from '../../../interfaces/index.ts';
import type { Recorder } from '../console/recorder.ts';
import type { Trail } from '../trail.ts';
import type { MachineFaults } from './machine-faults.ts';
import { describeExit, type ProcessExit } from './process.ts';
import type { QmpEvent } from './qmp-message.ts';
import type { Sequence } from './sequence.ts';

/** Of longer text only the end is told. */
const QUOTED = 2_000;

export interface SessionFaultsParts {
  readonly recorder: Recorder;
  readonly trail: Trail;
  readonly faults: MachineFaults;
  /** A command line that starts the same machine by hand. */
  readonly command: string;
  /** What the user does not take for a fault. */
  readonly tolerate: readonly ConsoleFaultEvent[];
  /** In which everything is told, in its order. */
  readonly told: Sequence;
  readonly onEvent: (event: MachineEvent) => void;
}

/** Those that say that the guest's kernel itself is broken. */
const OF_THE_KERNEL: ReadonlySet<FaultEvent> = new Set(['GUEST_OOPS', 'GUEST_PANICKED']);
/** What the kernel says when somebody makes it crash on purpose. */
const ON_PURPOSE = /sysrq ?: trigger a crash/i;

/** What is known of a fault beside what the console shows. */
interface Cause extends Pick<DeviceFailure, 'detectedBy' | 'stderr' | 'exitCode' | 'signal'> {
  readonly event: FaultEvent;
  readonly what: string;
  readonly since: string;
  readonly lasts: boolean;
}

/** The faults of a machine from one power-on to the next: finds those that the console shows, and gathers the evidence. */
export class SessionFaults implements Disposable {
  /** What QEMU has said on stderr. */
  stderr: () => string = () => '';
  readonly #parts: SessionFaultsParts;
  readonly #console: ConsoleFaults;
  readonly #firmware: ConsoleFaults;
  readonly #decoder = new TextDecoder();
  readonly #broken = new AbortController();
  #isReset = false;

  constructor(parts: SessionFaultsParts) {
    this.#parts = parts;
    this.#console = new ConsoleFaults({
      tolerate: parts.tolerate,
      onFault: (fault) => this.#seen(fault, 'console'),
      onBoot: () => parts.told.add(() => parts.faults.clear()),
    });
    this.#firmware = new ConsoleFaults({
      tolerate: parts.tolerate,
      onFault: (fault) => this.#seen(fault, 'firmware'),
      onBoot: () => undefined,
    });
  }

  /** Aborts with the DeviceError of it when the kernel that runs since the power-on has hit a bug. Another one, after a reset, does not count. */
  get kernel(): AbortSignal {
    return this.#broken.signal;
  }

  /** What the console prints. */
  hear(chunk: Uint8Array): void {
    this.#console.push(this.#decoder.decode(chunk, { stream: true }));
  }

  /** What the firmware tells of its work. Its lines end in LF, those of a console in CR LF. */
  hearFirmware(chunk: Uint8Array): void {
    this.#firmware.push(Buffer.from(chunk).toString('latin1').replaceAll('\n', '\r\n'));
  }

  /** The guest's driver says that it has panicked, and QEMU has stopped it. The console has been recorded up to there. */
  async panicked({ time }: QmpEvent): Promise<MachineFault> {
    const shown = this.#console.take();
    const line = shown?.pattern.event === 'GUEST_PANICKED' ? ` (${shown.line})` : '';
    return await this.#raise({
      event: 'GUEST_PANICKED',
      what: `the guest panicked${line}`,
      detectedBy: 'pvpanic',
      since: shown?.since.toISOString() ?? time,
      lasts: true,
    });
  }

  /** QEMU has stopped the machine, as it cannot write for the guest. Undefined when that is known already. */
  async blocked({ time, data }: QmpEvent): Promise<MachineFault | undefined> {
    if (this.#parts.faults.current?.failure.event === 'BLOCK_IO_ERROR') return undefined;
    const disk = String(data['node-name'] || data['device'] || 'a disk');
    const why = typeof data['reason'] === 'string' ? ` (${data['reason']})` : '';
    const advice = data['nospace'] === true ? '; make room on the host, then power.resume goes on' : '';
    return await this.#raise({
      event: 'BLOCK_IO_ERROR',
      what: `QEMU could not ${data['operation']} the disk ${disk}${why} and has stopped the machine${advice}`,
      detectedBy: 'qmp',
      since: time,
      lasts: true,
    });
  }

  /** The accelerator has given up. */
  async stuck(since: string): Promise<MachineFault> {
    const what = 'the accelerator could not go on, and QEMU has stopped the machine';
    return await this.#raise({ event: 'INTERNAL_ERROR', what, detectedBy: 'qmp', since, lasts: true });
  }

  /** QEMU has ended without having been asked to. The console has been recorded to its end. */
  async exited(exit: ProcessExit): Promise<MachineFault> {
    return await this.#raise({
      event: 'EXIT',
      what: `QEMU ${describeExit(exit)} while the machine was on`,
      detectedBy: 'process',
      since: new Date().toISOString(),
      lasts: true,
      exitCode: exit.code,
      signal: exit.signal,
    });
  }

  /** The machine was reset. */
  reset(): void {
    this.#isReset = true;
    this.#console.reset();
    this.#firmware.reset();
    this.#parts.faults.clear();
  }

  /** The machine goes on. */
  resumed(): void {
    if (this.#parts.faults.current?.failure.event === 'BLOCK_IO_ERROR') this.#parts.faults.clear();
  }

  [Symbol.dispose](): void {
    this.#console[Symbol.dispose]();
    this.#firmware[Symbol.dispose]();
  }

  #seen(
    { pattern: { event, what, lasts }, line, since }: ConsoleFault,
    detectedBy: 'console' | 'firmware',
  ): void {
    const { faults, told, trail, onEvent, recorder } = this.#parts;
    const { offset } = recorder;
    told.add(async () => {
      // A prompt shows itself again and again; and of a machine that has failed nothing else is to be learnt.
      if (lasts && faults.current) return;
      const time = since.toISOString();
      await this.#raise({ event, what: `${what} (${line})`, detectedBy, since: time, lasts }, offset);
      const news = { event, time, data: { detectedBy, line } };
      trail.event(news);
      onEvent(news);
    });
  }

  async #raise({ what, lasts, ...cause }: Cause, offset?: number): Promise<MachineFault> {
    const { recorder, faults, command } = this.#parts;
    const said = this.stderr().slice(-QUOTED);
    // Who waits is told in any case, also where the evidence cannot be read.
    const shown = await recorder.tail().catch((error) => `(the transcript cannot be read: ${error})`);
    const tail = shown.slice(-QUOTED);
    const failure = { ...cause, tail, stderr: said, command };
    const message = describeFault(what, failure);
    const fault = { message, failure, lasts, offset: offset ?? recorder.offset };
    faults.raise(fault);
    const isBug = OF_THE_KERNEL.has(cause.event) && !ON_PURPOSE.test(tail);
    if (isBug && !this.#isReset) this.#broken.abort(faultError(fault));
    return fault;
  }
}
