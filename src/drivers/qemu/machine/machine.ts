import type { CallContext } from '../../../driver/index.ts';
import type { FaultNews, MachineEvent, OffResult, OnResult, PowerState } from '../../../interfaces/index.ts';
import { Turn } from '../../std/index.ts';
import { MachineEvents } from './machine-events.ts';
import { MachineFaults } from './machine-faults.ts';
import type { MachineParts, Off, PowerOn, Prepare } from './machine-parts.ts';
import { HASTE } from './patience.ts';
import type { RestStage, StartStage } from './power-plan.ts';
import { PowerSession } from './power-session.ts';
import { pressPower, pressReset } from './press-button.ts';
import { SharedTurn } from './shared-turn.ts';
import { stateError } from './state-error.ts';

/** Who calls when the whole is closed. */
const CLOSING = {
  signal: new AbortController().signal,
  peer: { name: 'the exporter', local: true },
} as const satisfies Pick<CallContext, 'signal' | 'peer'>;

/** A machine that is switched on and off. Calls that change its state are one at a time. */
export class VirtualMachine implements AsyncDisposable {
  readonly #parts: MachineParts;
  readonly #turn = new Turn();
  readonly #shared = new SharedTurn((...call) => this.whileOff(...call));
  readonly #events = new MachineEvents();
  readonly #faults = new MachineFaults();
  #session: PowerSession | undefined;
  /** A start that rests before its CPUs run. */
  #resting: PowerSession | undefined;
  #onStarted: PowerOn['onStarted'];
  #closed = false;

  constructor(parts: MachineParts) {
    this.#parts = parts;
  }

  /** What the machine does from now on: QEMU's events, and `POWER_ON` and `EXIT`. */
  events(signal: AbortSignal): AsyncIterable<MachineEvent> {
    return this.#events.subscribe(signal);
  }

  /** Tells everybody who listens to its events. */
  announce(event: string, data: MachineEvent['data']): void {
    this.#events.announce(event, data);
  }

  /** What keeps it from doing what somebody waits for: the state of things first. */
  faults(signal: AbortSignal): AsyncIterable<FaultNews> {
    return this.#faults.follow(signal);
  }

  /** The power session that is going on. @throws StateError when the machine is off, DeviceError when it has failed. */
  session(operation: string): PowerSession {
    if (this.#session) return this.#session;
    this.#faults.check(operation);
    throw stateError(operation, 'off', 'on');
  }

  /** The start that rests, if one does. */
  get resting(): PowerSession | undefined {
    return this.#resting;
  }

  /** Gives up a start that rests: what it was made of has changed. */
  async dropResting(operation: string, context: CallContext): Promise<void> {
    if (this.#resting) await this.#turn.take(operation, context, () => this.#drop());
  }

  get isOn(): boolean {
    return this.#session !== undefined;
  }

  /** What it is doing, by QEMU's own word. */
  async state(): Promise<PowerState> {
    const session = this.#session;
    try {
      return (await session?.state()) ?? 'off';
    } catch (error) {
      if (session === this.#session) await session?.ended;
      if (this.#session === undefined) return 'off';
      throw error;
    }
  }

  /** Runs `work` while nobody can switch the machine on. @throws StateError when it is on. */
  async whileOff<T>(
    operation: string,
    context: CallContext,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return await this.#turn.take(operation, context, async (signal) => {
      if (this.#session) throw stateError(operation, await this.state(), 'off');
      await this.#drop();
      return await work(signal);
    });
  }

  /** As `whileOff`, for work that only reads: any number of such at a time. */
  async readWhileOff<T>(
    operation: string,
    context: CallContext,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return await this.#shared.read(operation, context, work);
  }

  /**
   * Runs `work` while nobody can switch the machine off but by force; what `yields` ends as soon as anybody wants to do anything.
   *
   * @throws StateError when it is off.
   */
  async whileOn<T>(
    operation: string,
    context: CallContext,
    work: (session: PowerSession, signal: AbortSignal) => Promise<T>,
    options: { readonly yields?: boolean } = {},
  ): Promise<T> {
    return await this.#turn.take(
      operation,
      context,
      (signal) => work(this.session(operation), signal),
      options,
    );
  }

  /** Resolves when the CPUs run. */
  async on(context: CallContext): Promise<OnResult> {
    return await this.#turn.take('power.on', context, (signal) => this.#on(signal));
  }

  /** Cuts the power, if it is on, and starts as `prepare` says, which is called when QEMU is gone. */
  async startFrom(operation: string, context: CallContext, prepare: Prepare): Promise<void> {
    await this.#turn.take(operation, context, async (signal) => {
      await this.#off(undefined, signal);
      await this.#drop();
      await this.#on(signal, prepare);
    });
  }

  /**
   * Begins a start as `prepare` says, which rests at `stage` until `on`; the machine is off until then. Whatever needs its disks
   * gives it up.
   *
   * @throws StateError when the machine is on.
   */
  async rest(stage: RestStage, operation: string, context: CallContext, prepare: Prepare): Promise<void> {
    await this.whileOff(operation, context, async (signal) => {
      this.#resting = await this.#begin(await prepare(signal), stage, signal);
    });
  }

  /** Goes on with a start that rests. @throws StateError when there is none, DeviceError when it has failed meanwhile. */
  async goOn(operation: string, context: CallContext): Promise<void> {
    await this.#turn.take(operation, context, async (signal) => {
      const resting = this.#resting;
      if (resting) return await this.#run(resting, signal);
      this.session(operation);
    });
  }

  /** Resolves when QEMU is gone and its console is recorded to the end. A forced one ends whatever else is going on. */
  async off(off: Off | undefined, context: CallContext): Promise<OffResult> {
    const forced = off === undefined || off.mode === 'forced';
    return forced
      ? await this.#turn.preempt('power.off', context, (signal) => this.#off(undefined, signal))
      : await this.#turn.take('power.off', context, (signal) => this.#off(off, signal));
  }

  async cycle(off: Off | undefined, context: CallContext): Promise<OffResult> {
    return await this.#turn.take('power.cycle', context, async (signal) => {
      const result = await this.#off(off, signal);
      await this.#on(signal);
      return result;
    });
  }

  /** Resets the machine. One that stands still because it failed runs again. */
  async reset(context: CallContext): Promise<void> {
    await this.#turn.take('power.reset', context, async (signal) => {
      const session = this.session('power.reset');
      await pressReset({ session, state: await this.state(), events: this.#events }, signal);
    });
  }

  async pause(context: CallContext): Promise<void> {
    await this.#turn.take('power.pause', context, async (signal) => {
      await this.session('power.pause').execute('stop', signal);
    });
  }

  /** @throws StateError when it is off, or has panicked: only a reset helps then. */
  async resume(context: CallContext): Promise<void> {
    await this.#turn.take('power.resume', context, async (signal) => {
      const session = this.session('power.resume');
      const state = await this.state();
      if (state === 'panicked') throw stateError('power.resume', state, 'paused');
      await session.execute('cont', signal);
    });
  }

  /** Ends whatever is going on and cuts the power. What the machine has written is not saved any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    // At once, as what is going on may be an `off` that is patient.
    const stopped = [this.#session?.stop(HASTE), this.#resting?.stop(HASTE)];
    await this.#turn.preempt('close', { ...CLOSING, log: this.#parts.log }, async () => {
      await this.#session?.stop(HASTE);
      await this.#drop();
    });
    await Promise.all(stopped);
    this.#events.end();
    this.#faults.end();
  }

  async #on(signal: AbortSignal, prepare: Prepare = this.#parts.prepare): Promise<OnResult> {
    // It is asked, as it may have died a moment ago.
    if (this.#session && (await this.state()) !== 'off') return 'already';
    if (this.#closed) throw stateError('power.on', 'closed', 'open');
    const session = this.#resting ?? (await this.#begin(await prepare(signal), 'running', signal));
    await this.#run(session, signal);
    return session.plan.from === undefined ? 'cold' : 'remembered';
  }

  /** Begins a start and goes on with it to `stage`. */
  async #begin(plan: PowerOn, stage: StartStage, signal: AbortSignal): Promise<PowerSession> {
    this.#faults.clear();
    let session: PowerSession | undefined;
    const onEvent = (event: MachineEvent) => {
      // Off before anybody is told so.
      if (event.event === 'EXIT') {
        if (session === this.#session) this.#session = undefined;
        if (session === this.#resting) this.#resting = undefined;
      }
      if (session?.announced) this.#events.publish(event);
    };
    const parts = { ...this.#parts, faults: this.#faults, onEvent };
    try {
      session = await PowerSession.spawn(plan, parts, signal);
      await session.reach(stage, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!plan.otherwise) throw error;
      return await this.#begin(await plan.otherwise(error, signal), stage, signal);
    }
    this.#onStarted = plan.onStarted;
    return session;
  }

  async #run(session: PowerSession, signal: AbortSignal): Promise<void> {
    await session.reach('running', signal);
    this.#resting = undefined;
    if (!session.isOver) this.#session = session;
    await this.#onStarted?.(session, signal);
  }

  async #drop(): Promise<void> {
    await this.#resting?.stop(HASTE);
    this.#resting = undefined;
  }

  async #off(off: Off | undefined, signal: AbortSignal): Promise<OffResult> {
    const session = this.#session;
    if (!session) return 'already';
    if (off?.mode === 'graceful') {
      const pressed = { session, state: await this.state(), events: this.#events, faults: this.#faults };
      if (await pressPower(pressed, off.deadline ?? this.#parts.shutdownDeadline, signal)) return 'graceful';
      // Nobody insisted: it died meanwhile, perhaps before the guest had written everything.
      session.broken.throwIfAborted();
    }
    await session.stop();
    return 'forced';
  }
}
