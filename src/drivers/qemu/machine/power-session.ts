import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Duration } from '../../../core/index.ts';
import type { PowerState } from '../../../interfaces/index.ts';
import { GuestAgent } from '../agent/guest-agent.ts';
import type { Spool } from '../console/spool.ts';
import { DESCRIPTORS } from '../descriptors.ts';
import type { ActiveForward } from '../usernet.ts';
import { askForwards } from './ask-forwards.ts';
import { type Begun, beginSession } from './begin-session.ts';
import type { QemuInstance } from './instance.ts';
import { Migrations } from './migration.ts';
import { HASTE } from './patience.ts';
import type { PowerPlan, SessionParts, StartStage } from './power-plan.ts';
import { goFirst } from './priority.ts';
import { isHangUp } from './qmp.ts';
import type { QmpEvent } from './qmp-message.ts';
import { redirectForwards } from './redirect-forwards.ts';
import type { Sequence } from './sequence.ts';
import type { SessionFaults } from './session-faults.ts';
import { SessionNews } from './session-news.ts';

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

/** The machine from one power-on to the end of that QEMU, however it comes. */
export class PowerSession {
  readonly plan: PowerPlan;
  /** Where the guest's ports are reached. Known when it is loaded. */
  forwards: Readonly<Record<string, ActiveForward>> = {};
  /** The address of the guest, where that is another than QEMU gives first. */
  guestAddress: string | undefined;
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
  readonly #spool: Spool;
  readonly #faults: SessionFaults;
  readonly #news: SessionNews;
  readonly #break = new AbortController();
  readonly #atEnd: (() => Promise<void>)[] = [];
  /** How far its start has come; at first QEMU obeys, and has nothing in it yet. */
  #stage: StartStage | undefined;
  #announced = false;
  #stopping = false;
  #over = false;

  private constructor(plan: PowerPlan, parts: SessionParts, begun: Begun) {
    const { instance, told, faults, spool } = begun;
    this.plan = plan;
    this.guestAddress = plan.guestAddress;
    this.#instance = instance;
    this.migrations = new Migrations(instance.qmp);
    this.#parts = parts;
    this.#told = told;
    this.#spool = spool;
    this.#faults = faults;
    this.#news = new SessionNews({ parts, told, faults, status: () => this.#status() });
    this.agent = new GuestAgent(instance.agent, { isOpen: (signal) => this.#agentIsThere(signal) });
    this.broken = this.#break.signal;
    begun.listen((event) => this.#hear(event));
    this.ended = this.#watch();
  }

  /**
   * Starts QEMU and connects console and control; `reach` goes on from there. When that fails, or `signal` aborts, nothing is left.
   */
  static async spawn(plan: PowerPlan, parts: SessionParts, signal: AbortSignal): Promise<PowerSession> {
    return new PowerSession(plan, parts, await beginSession(plan, parts, signal));
  }

  /** Goes on until the start has come to this stage, where it rests. When that fails, or `signal` aborts, nothing is left. */
  async reach(stage: StartStage, signal: AbortSignal): Promise<void> {
    try {
      if (stage === 'running' && this.#stage !== 'running') await this.#announce();
      if (this.#stage === undefined) await this.#load(signal);
      if (stage === 'warm' && this.#stage === 'loaded') await this.#warmUp(signal);
      if (stage === 'running' && this.#stage !== 'running') await this.#run(signal);
    } catch (error) {
      // There is nothing to save yet.
      await this.stop(HASTE);
      throw error;
    }
  }

  /** Whether it is known that the machine is on: not while its start rests. */
  get announced(): boolean {
    return this.#announced;
  }

  /** Whether `ended` has come. */
  get isOver(): boolean {
    return this.#over;
  }

  get pid(): number {
    return this.#instance.pid;
  }

  /** The control connection. */
  get qmp(): QemuInstance['qmp'] {
    return this.#instance.qmp;
  }

  /** Has something done when QEMU is gone, before the machine counts as off. What fails is logged: the machine is off all the same. */
  atEnd(act: () => Promise<void>): void {
    this.#atEnd.push(act);
  }

  /** For how long the CPUs stood still when they did so last, in milliseconds, by QEMU's clock. */
  get stoodStill(): number {
    return this.#news.stoodStill;
  }

  /** The file that is the guest's memory. */
  get memory(): QemuInstance['memory'] {
    return this.#instance.memory;
  }

  /** Whether it is over because the guest switched the machine off by itself. */
  get shutDownByGuest(): boolean {
    return this.#over && this.#news.shutDown && !this.#stopping;
  }

  /** Aborts with a DeviceError when nothing that goes on in the guest will go on before a reset. */
  get boot(): AbortSignal {
    return this.#news.boot;
  }

  /** Aborts with a DeviceError when the kernel that runs since the power-on has hit a bug. */
  get kernel(): AbortSignal {
    return this.#faults.kernel;
  }

  /** What the machine is doing. */
  async state(): Promise<PowerState> {
    const state = STATES[await this.#status()] ?? 'paused';
    const fault = this.#parts.faults.current;
    return state === 'running' && fault ? (FAULT_STATES[fault.failure.event] ?? 'stuck') : state;
  }

  /** Lets the guest's ports, as they are reached now, lead to another address of the guest. */
  async redirect(address: string, signal: AbortSignal): Promise<void> {
    await this.#unlessBroken(redirectForwards(this.qmp, Object.values(this.forwards), address, signal));
    this.guestAddress = address;
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

  async #announce(): Promise<void> {
    const { from, replay } = this.plan;
    // QEMU appends to that file, and says nothing before its CPUs run.
    if (replay !== undefined) await appendFile(this.#spool.path, await readFile(replay));
    this.#announced = true;
    const { recorder } = this.#parts;
    await (from === undefined ? recorder.mark('power-on') : recorder.goesOn());
    this.#news.tell('POWER_ON', { pid: this.pid, ...(from !== undefined && { from }) });
  }

  /** Becomes the machine whose state QEMU has inherited, if it has. */
  async #load(signal: AbortSignal): Promise<void> {
    const asked = askForwards(this.qmp, this.plan.forwards, signal);
    const loaded = this.plan.state === undefined ? undefined : this.#takeIn(signal);
    [this.forwards] = await this.#unlessBroken(Promise.all([asked, loaded]));
    this.#stage = 'loaded';
  }

  async #takeIn(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.broken]);
    await this.migrations.receive(`fd:${DESCRIPTORS.state}`, { 'x-ignore-shared': true }, either);
    await this.migrations.reached('completed', either);
    this.#parts.onStep?.('incoming');
  }

  /** Lets the CPUs run for as long as the guest warms up. Whatever goes wrong in there is better known now than when somebody has it. */
  async #warmUp(signal: AbortSignal): Promise<void> {
    const { warmUp } = this.plan;
    if (!warmUp) return;
    await this.execute('cont', signal);
    await warmUp(this.agent, AbortSignal.any([signal, this.broken]));
    await this.execute('stop', signal);
    this.#parts.faults.check('fork');
    this.kernel.throwIfAborted();
    this.#stage = 'warm';
    this.#parts.onStep?.('warm');
  }

  async #run(signal: AbortSignal): Promise<void> {
    if (this.plan.background) goFirst(this.pid);
    await this.execute('cont', signal);
    this.#stage = 'running';
    this.#parts.onStep?.('cont');
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
    if (event.event === 'VSERPORT_CHANGE' && event.data['id'] === AGENT)
      this.agent.portChanged(event.data['open'] === true);
    this.#news.hear(event);
  }

  async #watch(): Promise<void> {
    const exit = await this.#instance.exited;
    this.#spool.end();
    const { recorder, onConsole, faults, log } = this.#parts;
    await recorder.drained();
    await this.#told.done();
    this.#faults[Symbol.dispose]();
    onConsole(undefined);
    // Who reads on after a failure learns how it ended.
    recorder.resume();
    if (this.#stopping || this.#news.shutDown) {
      faults.clear();
      recorder.finish();
    } else {
      const error = this.#news.fail(await this.#faults.exited(exit), { boot: 'over' });
      this.#break.abort(error);
    }
    await recorder.mark('power-off');
    for (const act of this.#atEnd)
      await act().catch((error) => log.error({ error: String(error) }, 'the end of a machine was not tidy'));
    this.#over = true;
    this.#news.tell('EXIT', { ...exit });
    await this.#told.done();
  }
}
