import type { Writable } from 'node:stream';
import { z } from 'zod';
import { DeviceError, type Duration, ProtocolError } from '../../../core/index.ts';
import type { MachineEvent, PowerState } from '../../../interfaces/index.ts';
import type { Recorder } from '../console/recorder.ts';
import type { Spool } from '../console/spool.ts';
import type { PlannedForward } from '../plan/types.ts';
import type { Trail } from '../trail.ts';
import { type ActiveForward, matchForwards, parseUsernet } from '../usernet.ts';
import { type Launch, launchQemu, type QemuInstance } from './instance.ts';
import { HASTE } from './patience.ts';
import { describeExit, type ProcessExit } from './process.ts';
import { isHangUp } from './qmp.ts';
import type { QmpEvent } from './qmp-message.ts';

/** What one power-on needs: the command line with all its files in place. */
export interface PowerPlan extends Launch {
  readonly forwards: readonly PlannedForward[];
  readonly sockets: { readonly vnc: string };
}

/** What a power session works with, and whom it tells. */
export interface SessionParts {
  readonly recorder: Recorder;
  readonly trail: Trail;
  /** Gets the console's input while the machine is on, and `undefined` afterwards. */
  readonly onConsole: (input: Writable | undefined) => void;
  /** Each event, in order; the last is `EXIT`. */
  readonly onEvent: (event: MachineEvent) => void;
  /** How long each step of insisting may take. */
  readonly patience?: Duration | undefined;
}

/** The state that each of QEMU's run states is for us. Others mean that the CPUs stand still. */
const STATES: Readonly<Record<string, PowerState>> = {
  running: 'running',
  'guest-panicked': 'panicked',
  'internal-error': 'panicked',
  'io-error': 'io-error',
  shutdown: 'shutdown',
};

const Status = z.object({ status: z.string() });

/** The machine from one power-on to the end of that QEMU, however it comes. */
export class PowerSession {
  readonly plan: PowerPlan;
  /** Where the guest's ports are reached. Known when the CPUs run. */
  forwards: Readonly<Record<string, ActiveForward>> = {};
  /** Resolves when QEMU is gone, all it said is recorded, and everybody has been told. */
  readonly ended: Promise<void>;
  /** Aborts with a DeviceError when the machine ends without having been switched off. */
  readonly broken: AbortSignal;
  readonly #instance: QemuInstance;
  readonly #parts: SessionParts;
  readonly #break = new AbortController();
  /** Events are told one after the other; a panic waits until its last words are recorded. */
  #told: Promise<void> = Promise.resolve();
  #stopping = false;
  #shutDown = false;
  #over = false;

  private constructor(plan: PowerPlan, instance: QemuInstance, spool: Spool, parts: SessionParts) {
    this.plan = plan;
    this.#instance = instance;
    this.#parts = parts;
    this.broken = this.#break.signal;
    this.ended = this.#watch(spool);
  }

  /**
   * Starts QEMU, connects console and control, and then lets the CPUs run. When that fails, or `signal` aborts, nothing is
   * left.
   */
  static async start(plan: PowerPlan, parts: SessionParts, signal: AbortSignal): Promise<PowerSession> {
    const { recorder, trail, patience } = parts;
    await trail.command(plan.command);
    const early: QmpEvent[] = [];
    let listener = (event: QmpEvent): void => void early.push(event);
    const spool = await recorder.begin();
    const instance = await launchQemu(plan, {
      signal,
      ...(patience !== undefined && { patience }),
      onLine: (direction, line) => trail.qmp(direction, line),
      onEvent: (event) => listener(event),
      console: spool.path,
      onInput: parts.onConsole,
    }).catch(async (error) => {
      spool.end();
      await recorder.drained();
      recorder.finish(error);
      parts.onConsole(undefined);
      throw error;
    });
    const session = new PowerSession(plan, instance, spool, parts);
    listener = (event) => session.#hear(event);
    early.forEach(listener);
    try {
      await session.#run(signal);
      return session;
    } catch (error) {
      // There is nothing to save yet.
      await session.stop(HASTE);
      throw error;
    }
  }

  get pid(): number {
    return this.#instance.pid;
  }

  /** The control connection. */
  get qmp(): QemuInstance['qmp'] {
    return this.#instance.qmp;
  }

  /** Whether it is over because the guest switched the machine off by itself. */
  get shutDownByGuest(): boolean {
    return this.#over && this.#shutDown && !this.#stopping;
  }

  /** What the machine is doing. */
  async state(): Promise<PowerState> {
    const { status } = await this.qmp.query('query-status', Status);
    return STATES[status] ?? 'paused';
  }

  /** Runs a command of QMP. @throws as `Qmp.execute`; when QEMU ends meanwhile, the DeviceError that says how. */
  async execute(command: string, signal: AbortSignal): Promise<void> {
    try {
      await this.qmp.execute(command, {}, { signal });
    } catch (error) {
      if (!isHangUp(error)) throw error;
      await this.ended;
      this.broken.throwIfAborted();
      throw error;
    }
  }

  /** Resolves if QEMU lives, or was switched off. @throws the DeviceError that says how it ended otherwise. */
  async confirm(): Promise<void> {
    await this.qmp.execute('query-status').catch((error) => (isHangUp(error) ? this.ended : undefined));
    this.broken.throwIfAborted();
  }

  /** Cuts the power: QEMU is asked to quit, so that it writes what it holds, and killed if it does not. */
  async stop(patience?: Duration): Promise<void> {
    this.#stopping = true;
    await this.#instance.insist(patience);
    await this.ended;
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#parts.recorder.mark('power-on');
    this.#tell({ event: 'POWER_ON', time: new Date().toISOString(), data: { pid: this.pid } });
    this.forwards = await this.#activeForwards(signal);
    await this.execute('cont', signal);
  }

  async #activeForwards(signal: AbortSignal): Promise<Record<string, ActiveForward>> {
    const { forwards } = this.plan;
    if (forwards.length === 0) return {};
    const answer = await this.qmp.human('info usernet', { signal });
    const active = matchForwards(forwards, parseUsernet(answer));
    const lost = forwards.find(({ name }) => !active[name]);
    if (!lost) return active;
    throw new ProtocolError(`QEMU has no forward to port ${lost.guestPort} of the guest (${lost.name})`, {
      peer: 'QEMU',
      sent: 'info usernet',
      answer,
    });
  }

  #hear(event: QmpEvent): void {
    if (event.event === 'SHUTDOWN' && event.data['guest'] === true) this.#shutDown = true;
    if (event.event === 'GUEST_PANICKED') this.#later(() => this.#panicked(event));
    if (event.event === 'RESET') this.#later(async () => this.#parts.recorder.resume());
    this.#tell(event);
  }

  async #panicked({ event, data }: QmpEvent): Promise<void> {
    const { recorder } = this.#parts;
    await recorder.settled();
    if (data['action'] === 'run') return;
    recorder.finish(deviceError('the guest panicked', event, await recorder.tail()));
  }

  #tell(event: MachineEvent): void {
    this.#later(async () => {
      this.#parts.trail.event(event);
      this.#parts.onEvent(event);
    });
  }

  #later(act: () => Promise<void>): void {
    this.#told = this.#told.then(act);
  }

  async #watch(spool: Spool): Promise<void> {
    const exit = await this.#instance.exited;
    spool.end();
    const { recorder, onConsole } = this.#parts;
    await recorder.drained();
    await this.#told;
    const error = this.#stopping || this.#shutDown ? undefined : await this.#unexpected(exit);
    onConsole(undefined);
    recorder.finish(error);
    if (error) this.#break.abort(error);
    await recorder.mark('power-off');
    this.#over = true;
    this.#tell({ event: 'EXIT', time: new Date().toISOString(), data: { ...exit } });
    await this.#told;
  }

  async #unexpected(exit: ProcessExit): Promise<DeviceError> {
    const said = this.#instance.stderr();
    const what = `QEMU ${describeExit(exit)} while the machine was on`;
    return deviceError(said ? `${what}\n${said}` : what, 'EXIT', await this.#parts.recorder.tail());
  }
}

function deviceError(what: string, event: string, tail: string): DeviceError {
  const message = tail ? `${what}\nthe last lines of its console:\n${tail}` : what;
  return new DeviceError(message, { event, tail });
}
