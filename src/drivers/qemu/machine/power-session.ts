import { appendFile, readFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { z } from 'zod';
import { type Duration, type Log, ProtocolError } from '../../../core/index.ts';
import {
  type ConsoleFaultEvent,
  faultError,
  type MachineEvent,
  type MachineFault,
  type PowerState,
} from '../../../interfaces/index.ts';
import { GuestAgent } from '../agent/guest-agent.ts';
import type { Recorder } from '../console/recorder.ts';
import type { Spool } from '../console/spool.ts';
import { DESCRIPTORS } from '../descriptors.ts';
import type { PlannedForward } from '../plan/types.ts';
import type { Trail } from '../trail.ts';
import { type ActiveForward, matchForwards, parseUsernet } from '../usernet.ts';
import { type Launch, type LaunchStep, launchQemu, type QemuInstance } from './instance.ts';
import type { MachineFaults } from './machine-faults.ts';
import { Migrations } from './migration.ts';
import { HASTE } from './patience.ts';
import { isHangUp } from './qmp.ts';
import type { QmpEvent } from './qmp-message.ts';
import { Sequence } from './sequence.ts';
import { SessionFaults } from './session-faults.ts';

/** What one power-on needs: the command line with all its files in place. */
export interface PowerPlan extends Launch {
  readonly forwards: readonly PlannedForward[];
  readonly sockets: { readonly vnc: string };
  /** The saved machine that it starts from, where it does not boot. */
  readonly from?: string | undefined;
  /** A file with what the console is to show before anything else: what it had shown by then. */
  readonly replay?: string | undefined;
  /** What is to be started where this cannot be. */
  readonly otherwise?: ((error: unknown, signal: AbortSignal) => Promise<PowerPlan>) | undefined;
  /** Is called when the CPUs run, before whoever has switched the machine on is told so. */
  readonly onStarted?: ((session: PowerSession, signal: AbortSignal) => Promise<void>) | undefined;
}

/** What a power session works with, and whom it tells. */
export interface SessionParts {
  readonly recorder: Recorder;
  readonly trail: Trail;
  readonly log: Log;
  /** Gets what goes wrong. */
  readonly faults: MachineFaults;
  /** What the user does not take for a fault. */
  readonly tolerate: readonly ConsoleFaultEvent[];
  /** Gets the console's input while the machine is on, and `undefined` afterwards. */
  readonly onConsole: (input: Writable | undefined) => void;
  /** Each event, in order; the last is `EXIT`. */
  readonly onEvent: (event: MachineEvent) => void;
  /** How long each step of insisting may take. */
  readonly patience?: Duration | undefined;
  /** Is told of each step of a start when it is done. */
  readonly onStep?: ((step: StartStep) => void) | undefined;
}

/** The steps of a start: until its files are there, until QEMU's process is, until it obeys, until it has a saved machine, until its CPUs run, until its guest has the time. */
export type StartStep = 'files' | LaunchStep | 'incoming' | 'cont' | 'renew';

/** The state that each of QEMU's run states is for us. Others mean that the CPUs stand still. */
const STATES: Readonly<Record<string, PowerState>> = {
  running: 'running',
  'guest-panicked': 'panicked',
  'internal-error': 'panicked',
  'io-error': 'io-error',
  shutdown: 'shutdown',
};

const Status = z.object({ status: z.string() });
const Chardevs = z.array(z.object({ label: z.string(), 'frontend-open': z.boolean() }));

/** What the port of the guest agent and its other end are called. */
const AGENT = 'agent';

/** What a machine is while its CPUs run in vain. */
const FAULT_STATES: Readonly<Record<string, PowerState>> = { GUEST_PANICKED: 'panicked' };

/** What there is of a power session before QEMU. */
interface Beginnings {
  readonly spool: Spool;
  /** Events are told one after the other; a panic waits until its last words are recorded. */
  readonly told: Sequence;
  readonly faults: SessionFaults;
}

/** The machine from one power-on to the end of that QEMU, however it comes. */
export class PowerSession {
  readonly plan: PowerPlan;
  /** Where the guest's ports are reached. Known when the CPUs run. */
  forwards: Readonly<Record<string, ActiveForward>> = {};
  /** Resolves when QEMU is gone, all it said is recorded, and everybody has been told. */
  readonly ended: Promise<void>;
  /** The agent in the guest, whether there is one or not. */
  readonly agent: GuestAgent;
  /** Whether anybody has been in the guest by its network or its agent. */
  used = false;
  /** Aborts with a DeviceError when the machine ends without having been switched off. */
  readonly broken: AbortSignal;
  /** How it is saved, and was started from what was saved. */
  readonly migrations: Migrations;
  readonly #instance: QemuInstance;
  readonly #parts: SessionParts;
  readonly #told: Sequence;
  readonly #faults: SessionFaults;
  readonly #break = new AbortController();
  readonly #atEnd: (() => Promise<void>)[] = [];
  #stopped = 0;
  #stoodStill = 0;
  #boot = new AbortController();
  #stopping = false;
  #shutDown = false;
  #over = false;

  private constructor(plan: PowerPlan, parts: SessionParts, instance: QemuInstance, begun: Beginnings) {
    this.plan = plan;
    this.#instance = instance;
    this.migrations = new Migrations(instance.qmp);
    this.#parts = parts;
    this.#told = begun.told;
    this.#faults = begun.faults;
    this.#faults.stderr = instance.stderr;
    this.agent = new GuestAgent(instance.agent, { isOpen: (signal) => this.#agentIsThere(signal) });
    this.broken = this.#break.signal;
    this.ended = this.#watch(begun.spool);
  }

  /**
   * Starts QEMU, connects console and control, and then lets the CPUs run. When that fails, or `signal` aborts, nothing is
   * left.
   */
  static async start(plan: PowerPlan, parts: SessionParts, signal: AbortSignal): Promise<PowerSession> {
    const { recorder, trail, log, patience, onStep } = parts;
    await trail.command(plan.command);
    const early: QmpEvent[] = [];
    let listener = (event: QmpEvent): void => void early.push(event);
    const told = new Sequence((reason) =>
      log.debug({ reason: String(reason) }, 'an event was not followed up'),
    );
    const faults = new SessionFaults({ ...parts, told, command: trail.reproduce(plan.command) });
    const spool = await recorder.begin((chunk) => faults.hear(chunk));
    if (plan.replay !== undefined) await appendFile(spool.path, await readFile(plan.replay));
    onStep?.('files');
    const instance = await launchQemu(plan, {
      signal,
      ...(patience !== undefined && { patience }),
      onLine: (direction, line) => trail.qmp(direction, line),
      onEvent: (event) => listener(event),
      ...(onStep && { onStep }),
      console: spool.path,
      onInput: parts.onConsole,
      onFirmware: (chunk) => faults.hearFirmware(chunk),
    }).catch(async (error) => {
      spool.end();
      await recorder.drained();
      faults[Symbol.dispose]();
      recorder.finish(error);
      parts.onConsole(undefined);
      throw error;
    });
    const session = new PowerSession(plan, parts, instance, { spool, told, faults });
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

  /** Has something done when QEMU is gone, before the machine counts as off. */
  atEnd(act: () => Promise<void>): void {
    this.#atEnd.push(act);
  }

  /** For how long the CPUs stood still when they did so last, in milliseconds, by QEMU's clock. */
  get stoodStill(): number {
    return this.#stoodStill;
  }

  /** The file that is the guest's memory. */
  get memory(): QemuInstance['memory'] {
    return this.#instance.memory;
  }

  /** Whether it is over because the guest switched the machine off by itself. */
  get shutDownByGuest(): boolean {
    return this.#over && this.#shutDown && !this.#stopping;
  }

  /** Aborts with a DeviceError when nothing that goes on in the guest will go on before a reset. */
  get boot(): AbortSignal {
    return this.#boot.signal;
  }

  /** What the machine is doing. */
  async state(): Promise<PowerState> {
    const state = STATES[await this.#status()] ?? 'paused';
    const fault = this.#parts.faults.current;
    return state === 'running' && fault ? (FAULT_STATES[fault.failure.event] ?? 'stuck') : state;
  }

  /** Runs a command of QMP. @throws as `Qmp.execute`; when QEMU ends meanwhile, the DeviceError that says how. */
  async execute(command: string, signal: AbortSignal): Promise<void> {
    await this.#unlessBroken(this.qmp.execute(command, {}, { signal }));
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
    const { from, state } = this.plan;
    await this.#parts.recorder.mark(from === undefined ? 'power-on' : 'resumed');
    const data = { pid: this.pid, ...(from !== undefined && { from }) };
    this.#tell({ event: 'POWER_ON', time: new Date().toISOString(), data });
    if (state !== undefined) await this.#unlessBroken(this.#takeIn(signal));
    this.forwards = await this.#activeForwards(signal);
    await this.execute('cont', signal);
    this.#parts.onStep?.('cont');
  }

  /** Becomes the machine whose state QEMU has inherited. */
  async #takeIn(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.broken]);
    await this.migrations.receive(`fd:${DESCRIPTORS.state}`, { 'x-ignore-shared': true }, either);
    await this.migrations.reached('completed', either);
    this.#parts.onStep?.('incoming');
  }

  async #activeForwards(signal: AbortSignal): Promise<Record<string, ActiveForward>> {
    const { forwards } = this.plan;
    if (forwards.length === 0) return {};
    const answer = await this.#unlessBroken(this.qmp.human('info usernet', { signal }));
    const active = matchForwards(forwards, parseUsernet(answer));
    const lost = forwards.find(({ name }) => !active[name]);
    if (!lost) return active;
    throw new ProtocolError(`QEMU has no forward to port ${lost.guestPort} of the guest (${lost.name})`, {
      peer: 'QEMU',
      sent: 'info usernet',
      answer,
    });
  }

  async #agentIsThere(signal: AbortSignal): Promise<boolean> {
    const channels = await this.#unlessBroken(this.qmp.query('query-chardev', Chardevs, {}, { signal }));
    return channels.some(({ label, 'frontend-open': isOpen }) => label === AGENT && isOpen);
  }

  async #unlessBroken<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!isHangUp(error)) throw error;
      await this.ended;
      this.broken.throwIfAborted();
      throw error;
    }
  }

  async #status(): Promise<string> {
    return (await this.qmp.query('query-status', Status)).status;
  }

  #hear(event: QmpEvent): void {
    this.migrations.hear(event);
    if (event.event === 'STOP') this.#stopped = Date.parse(event.time);
    if (event.event === 'RESUME') this.#stoodStill = Date.parse(event.time) - this.#stopped;
    if (event.event === 'SHUTDOWN' && event.data['guest'] === true) this.#shutDown = true;
    if (event.event === 'VSERPORT_CHANGE' && event.data['id'] === AGENT)
      this.agent.portChanged(event.data['open'] === true);
    const act = this.#reactions[event.event];
    if (act) this.#told.add(() => act(event));
    this.#tell(event);
  }

  /** What is done at some of QEMU's events before they are told. */
  readonly #reactions: Readonly<Record<string, (event: QmpEvent) => Promise<void> | void>> = {
    GUEST_PANICKED: async (event) => {
      if (event.data['action'] === 'run') return;
      await this.#parts.recorder.settled();
      const error = this.#fail(await this.#faults.panicked(event));
      this.#boot.abort(error);
    },
    BLOCK_IO_ERROR: async (event) => {
      if (event.data['action'] !== 'stop') return;
      await this.#parts.recorder.settled();
      const fault = await this.#faults.blocked(event);
      if (fault) this.#fail(fault);
    },
    STOP: async ({ time }) => {
      if ((await this.#status()) === 'internal-error') this.#fail(await this.#faults.stuck(time));
    },
    RESUME: () => {
      this.#faults.resumed();
      this.#parts.recorder.resume();
    },
    RESET: () => {
      this.#faults.reset();
      this.#boot = new AbortController();
      this.#parts.recorder.resume();
    },
  };

  /** The machine stands still: who reads its console is told. */
  #fail(fault: MachineFault): Error {
    const error = faultError(fault);
    this.#parts.recorder.finish(error);
    return error;
  }

  #tell(event: MachineEvent): void {
    this.#told.add(() => {
      this.#parts.trail.event(event);
      this.#parts.onEvent(event);
    });
  }

  async #watch(spool: Spool): Promise<void> {
    const exit = await this.#instance.exited;
    spool.end();
    const { recorder, onConsole, faults } = this.#parts;
    await recorder.drained();
    await this.#told.done();
    this.#faults[Symbol.dispose]();
    onConsole(undefined);
    // Who reads on after a failure learns how it ended.
    recorder.resume();
    if (this.#stopping || this.#shutDown) {
      faults.clear();
      recorder.finish();
    } else {
      const error = this.#fail(await this.#faults.exited(exit));
      this.#break.abort(error);
      this.#boot.abort(error);
    }
    await recorder.mark('power-off');
    for (const act of this.#atEnd) await act();
    this.#over = true;
    this.#tell({ event: 'EXIT', time: new Date().toISOString(), data: { ...exit } });
    await this.#told.done();
  }
}
