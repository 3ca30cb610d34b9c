import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError, parseDuration, parseSize, Secrets } from '../../core/index.ts';
import type { CallContext, DriverNode, OfferedSession, OpenContext } from '../../driver/index.ts';
import type { Machine, MachineDescription } from '../../interfaces/index.ts';
import type { Pools } from '../std/index.ts';
import { BootMemory } from './boots/boot-memory.ts';
import { hasBooted } from './boots/readiness.ts';
import { WatchedInput } from './boots/watched-input.ts';
import { type BootReady, effectiveForwards } from './config.ts';
import { Recorder } from './console/recorder.ts';
import { noteTranscript } from './console/salvage.ts';
import { SharedConsole } from './console/shared-console.ts';
import { equipFork, type ForkEquipment } from './equip-fork.ts';
import { openPools, type PooledMachine } from './fork-pools.ts';
import { VirtualMachine } from './machine/machine.ts';
import type { PowerOn } from './machine/machine-parts.ts';
import type { PowerPlan, RestStage, StartStep } from './machine/power-plan.ts';
import type { PowerSession } from './machine/power-session.ts';
import { Stopwatch } from './machine/stopwatch.ts';
import { consoleNode } from './nodes/console.ts';
import { displayNode } from './nodes/display.ts';
import { flasherNode } from './nodes/flasher.ts';
import { forwardNode, sshNode } from './nodes/forward.ts';
import { type MachineFork, machineNode } from './nodes/machine.ts';
import { powerNode } from './nodes/power.ts';
import { OneAhead } from './one-ahead.ts';
import type { MachinePlan } from './plan/types.ts';
import { type Equipment, planPowerOn, prepareMachine } from './prepare.ts';
import type { ForkStart, Resting } from './snapshots/fork-start.ts';
import { renewGuest } from './snapshots/renew-guest.ts';
import { type Renewed, renewIdentity } from './snapshots/renew-identity.ts';
import type { SavedMachine, Snapshot } from './snapshots/snapshot.ts';
import { Snapshots } from './snapshots/snapshots.ts';
import { warmUp } from './snapshots/warm-up.ts';
import { type PrivateSpace, privateSpace } from './space/private-space.ts';
import { Trail } from './trail.ts';

/** What a machine is told of where it is opened. */
export interface Surroundings extends Pick<OpenContext, 'log' | 'offer'> {
  /** Folder for what a user may want to see afterwards. */
  readonly artifacts: string | undefined;
}

/** A machine that can be served. Disposing of it ends it, and what has been made of it. */
export interface AssembledMachine extends AsyncDisposable {
  readonly node: DriverNode<typeof Machine>;
  readonly pools: Pools<PooledMachine>;
  /** The digests of what was flashed, by partition. */
  contents(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Boots it, saves it as soon as it is ready, and switches it off. */
  saveBooted(name: string, ready: BootReady, context: CallContext): Promise<void>;
  /** Starts it from a saved one, in place of what it is. */
  start(snapshot: Snapshot, operation: string, context: CallContext): Promise<void>;
  /** The same for a machine that is off, whose start rests at `stage` until it is switched on. */
  rest(snapshot: Snapshot, at: Omit<ForkStart, 'offer' | 'stage'> & { stage: RestStage }): Promise<Resting>;
  /** What it has for itself. */
  space(): Promise<PrivateSpace>;
  /** Renews in its guest what that has from the machine that it was forked from. */
  renew(context: CallContext): Promise<void>;
}

/** What a fork was made of, and who is told of its start. */
interface ForkOrigin {
  readonly snapshot: Snapshot;
  readonly steps: Stopwatch<StartStep>;
  readonly onRunning: () => void;
}

/** Makes a machine of what has been found for it. It is off. */
export async function assembleMachine(
  equipment: Equipment,
  { log, offer, artifacts }: Surroundings,
  origin?: ForkOrigin,
): Promise<AssembledMachine> {
  await using stack = new AsyncDisposableStack();
  const { run, pace, media, config } = equipment;
  const { recorder, trail } = await openRecords(equipment, { log, artifacts }, stack);
  if (origin && !origin.snapshot.booted)
    await recorder.inherit(createReadStream(origin.snapshot.saved.history));
  const console = new SharedConsole(recorder);
  stack.defer(() => console.close());
  let plan: MachinePlan | undefined;
  let sizes: Equipment['sizes'] = {};
  let input: WatchedInput | undefined;
  const prepare = async (signal: AbortSignal, saved?: StartPoint): Promise<PowerPlan> => {
    plan = await prepareMachine(equipment, signal, saved?.origin);
    sizes = { ...equipment.sizes };
    return launchOf(plan, saved);
  };
  const powerOn = async (signal: AbortSignal): Promise<PowerOn> => {
    const boot = await boots?.recall(signal);
    const cold = async () => ({
      ...(await prepare(signal)),
      onStarted: async (it: PowerSession) => boots?.watch(it),
    });
    if (!boots || !boot) return await cold();
    const { bases, seed, file: memory, state, history: replay } = boot;
    const from = `boot ${boot.key.slice(0, 12)}`;
    return {
      ...(await prepare(signal, { name: from, origin: { bases, seed }, memory, state })),
      replay,
      otherwise: async (error) => {
        await boots.giveUp(boot, String(error));
        return await cold();
      },
      onStarted: (session, until) => boots.renew(boot, session, until),
    };
  };
  const machine = new VirtualMachine({
    prepare: powerOn,
    recorder,
    trail,
    tolerate: config.tolerate,
    onStep: (step) => {
      origin?.steps.done(step);
      if (step === 'cont') origin?.onRunning();
    },
    onConsole: (port) => {
      input = port && new WatchedInput(port);
      console.connect(input);
    },
    log,
    shutdownDeadline: parseDuration('1m') * pace.factor,
  });
  const startOf =
    (snapshot: Snapshot, { background = false, hurry }: Pick<ForkStart, 'background' | 'hurry'> = {}) =>
    async (signal: AbortSignal): Promise<PowerOn> => {
      const { renews, hasAgent } = snapshot.saved;
      let isOwn = renews;
      delete equipment.sizes.memory;
      delete equipment.sizes.diskSize;
      Object.assign(equipment.sizes, snapshot.saved.sizes);
      await media.adopt(snapshot.saved.contents);
      boots?.forget();
      return {
        ...(await prepare(signal, { name: snapshot.name, ...snapshot.saved })),
        background,
        ...(hasAgent &&
          equipment.host.accelerator.name === 'tcg' && {
            warmUp: async (agent, until) => {
              isOwn = await warmUp(agent, isOwn, { log, hurry, signal: until });
            },
          }),
        ...(snapshot.booted && { replay: snapshot.saved.history }),
        onStarted: async (session: PowerSession, until: AbortSignal) => {
          const { agent, broken } = session;
          if (snapshot.saved.boot !== undefined) boots?.follow(snapshot.saved.boot, session);
          const either = AbortSignal.any([until, broken]);
          await renewGuest(agent, isOwn, { log, signal: either });
          origin?.steps.done('renew');
        },
      };
    };
  const start = async (snapshot: Snapshot, operation: string, context: CallContext) =>
    machine.startFrom(operation, context, startOf(snapshot));
  const rest: AssembledMachine['rest'] = async (snapshot, { stage, context, ...how }) => {
    await machine.rest(stage, 'fork', context, startOf(snapshot, how));
    return {
      ended: machine.resting?.ended ?? Promise.resolve(),
      kernel: machine.resting?.kernel,
      get rests() {
        return machine.resting !== undefined;
      },
      goOn: async (caller) => {
        origin?.steps.start();
        await machine.goOn('fork', caller);
      },
    };
  };
  // Whoever has saved a machine is going to fork it.
  const equipped = stack.use(new OneAhead(() => equipFork(equipment)));
  const snapshots = stack.use(
    new Snapshots({
      ...{ machine, recorder, equipment, log, start },
      current: () => ({ sizes, plan, boot: boots?.resumed }),
      onSaved: () => equipped.prepare(),
      openFork: async (snapshot, name, { offer: own, ...rest }) => {
        const surroundings = { log, offer: own, artifacts: artifacts && join(artifacts, name) };
        try {
          return await openFork(equipped, snapshot, name, surroundings, rest);
        } finally {
          equipped.prepare();
        }
      },
    }),
  );
  const boots: BootMemory | undefined = config.boot?.remember
    ? new BootMemory({
        ...{ equipment, recorder, log },
        input: () => input,
        onOutcome: (outcome) =>
          machine.announce('key' in outcome ? 'BOOT_REMEMBERED' : 'BOOT_NOT_REMEMBERED', outcome),
        whileSaved: (context, use) => snapshots.whileSaved(context, use),
      })
    : undefined;
  if (boots) stack.use(boots);
  // Ended before its snapshots: nothing is taken away under a machine that runs.
  stack.use(machine);
  const sessions = new Map<string, OfferedSession>();
  const pools = stack.use(openPools(snapshots, { offer, sessions, log }));
  let renewed: Renewed['renewed'] | undefined;
  const renew = (context: CallContext) =>
    machine.whileOn('fork', context, async (session, signal) => {
      const { mac, ...what } = await renewIdentity(session, equipment.mac, signal);
      equipment.mac = mac;
      renewed = what.renewed;
    });
  const describe = async (signal: AbortSignal): Promise<MachineDescription> => {
    const current = machine.isOn && plan ? plan : await planPowerOn(equipment, signal);
    const forwards = machine.isOn ? machine.session('describe').forwards : {};
    const { command, description } = current;
    return {
      arch: config.arch,
      ...description,
      user: equipment.host.runsAs,
      command: [...command],
      forwards,
      artifacts: artifacts ?? null,
      pace,
      ...(boots && { boot: boots.report }),
      ...(origin && {
        fork: { from: origin.snapshot.name, steps: { ...origin.steps.taken }, ...(renewed && { renewed }) },
      }),
    };
  };
  const children = {
    power: powerNode(machine),
    flasher: flasherNode(machine, media),
    console: consoleNode(console),
    ...(config.display !== 'none' && { vnc: displayNode(machine, run.path) }),
    ...networkNodes(machine, equipment),
  };
  const held = stack.move();
  return {
    node: machineNode(machine, equipment, { describe, snapshots, pools, offer, sessions }, children),
    ...{ start, rest, renew },
    space: () => privateSpace(run.path, (machine.isOn ? machine.session('space') : machine.resting)?.pid),
    pools,
    contents: (signal) => media.digests(signal),
    saveBooted: async (name, ready, context) => {
      await machine.on(context);
      const { session, signal } = { session: machine.session('pool'), signal: context.signal };
      await hasBooted(ready, { session, recorder }, AbortSignal.any([signal, session.boot]));
      await boots?.settled();
      await snapshots.save(name, context, { booted: true });
      await machine.off({ mode: 'forced' }, context);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The machine as it was saved, in a run of its own; its start has come to `stage`. */
async function openFork(
  equipped: OneAhead<ForkEquipment>,
  snapshot: Snapshot,
  name: string,
  surroundings: Surroundings,
  { stage, context, ...how }: Omit<ForkStart, 'offer'>,
): Promise<MachineFork> {
  await using stack = new AsyncDisposableStack();
  const steps = new Stopwatch<StartStep>();
  const { equipment } = stack.use(await equipped.take());
  // The next finds its run made. Before, that would take from this one's time; later, from whoever connects to it.
  const onRunning = () => equipped.prepare();
  const machine = stack.use(await assembleMachine(equipment, surroundings, { snapshot, steps, onRunning }));
  const resting = stage === 'running' ? undefined : await machine.rest(snapshot, { stage, context, ...how });
  if (!resting) await machine.start(snapshot, 'fork', context);
  const { log } = surroundings;
  log.info({ fork: name, from: snapshot.name, steps: steps.taken }, `a fork is ${stage}`);
  const held = stack.move();
  return {
    ...{ name, node: machine.node, space: machine.space, resting },
    ...{ renew: machine.renew, contents: machine.contents },
    get steps() {
      return steps.taken;
    },
    [Symbol.asyncDispose]: async () => {
      const unused = resting?.rests === true;
      await held.disposeAsync();
      // Nobody has seen it.
      if (unused && surroundings.artifacts !== undefined)
        await rm(surroundings.artifacts, { recursive: true, force: true });
    },
  };
}

/** A saved machine that another starts from. */
type StartPoint = Pick<SavedMachine, 'origin' | 'memory' | 'state'> & { readonly name: string };

/** What QEMU is started with: the memory and the state of a saved machine, if it starts from one. */
function launchOf(plan: MachinePlan, from?: StartPoint): PowerPlan {
  if (from) {
    const { name, memory, state, origin } = from;
    return { ...plan, memory, state, from: name, guestAddress: origin.guestAddress };
  }
  const { memory } = plan;
  if (memory === null) throw new InternalError('a machine that boots has no memory', { incident: 'none' });
  return { ...plan, memory };
}

async function openRecords(
  { run, config, password }: Equipment,
  { log, artifacts }: Surroundings,
  stack: AsyncDisposableStack,
): Promise<{ readonly recorder: Recorder; readonly trail: Trail }> {
  const lasting = artifacts !== undefined;
  const trail = stack.use(await Trail.open(artifacts ?? join(run.path, 'trail'), { lasting }));
  const limit = parseSize(config.consoleLimit);
  const secrets = new Secrets([password]);
  const [recorder] = await Promise.all([
    Recorder.open(trail.folder, { spool: run.sockets, limit, log, secrets }).then((it) => stack.use(it)),
    lasting && noteTranscript(run.sockets, { folder: artifacts, limit }),
  ]);
  return { recorder, trail };
}

function networkNodes(
  machine: VirtualMachine,
  { config, keys, password }: Equipment,
): DriverNode['children'] {
  const { username } = config;
  // Without a seed disk nobody has told the guest of our key.
  const identity =
    config.cloudInit === false
      ? { username, privateKey: null, password: config.password ?? null }
      : { username, privateKey: keys.privateKey, password };
  return Object.fromEntries(
    Object.keys(effectiveForwards(config)).map((name) => [
      name,
      name === 'ssh' && !config.forwards['ssh'] ? sshNode(machine, identity) : forwardNode(machine, name),
    ]),
  );
}
