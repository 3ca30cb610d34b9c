import { resolve } from 'node:path';
import type { MachineDriver } from '../bare-machine.ts';
import { bareMachine } from '../bare-machine.ts';
import { type Connected, connect, type Forked, type ForkLine, sessionOf } from '../client/index.ts';
import { InternalError } from '../core/index.ts';
import type { DriverOrigin } from '../driver/index.ts';
import { Machine } from '../interfaces/index.ts';
import { type ClaimedMachine, KEEPER, type WantedMachine } from './keeper/contract.ts';
import { getReady, READY, type ReadyMachine, type ReadyOptions, type TestFork } from './ready-machine.ts';

type KeeperHandle = Connected<typeof KEEPER>;

/** Reaches the machine that all workers of a run share; boots it if nobody else has. */
export async function openSharedMachine<D extends MachineDriver>(
  socket: string,
  { driver, origin }: { readonly driver: D; readonly origin: DriverOrigin },
  options: ReadyOptions<D>,
): Promise<ReadyMachine<D>> {
  const { artifacts } = options;
  await using stack = new AsyncDisposableStack();
  const keeper: KeeperHandle = stack.use(await connect(socket, KEEPER));
  for await (const claim of keeper.claim(wantedOf(origin, options))) {
    const vm = stack.use(await connect(claim.socket, driver, { artifacts }));
    if (claim.boots) await boot(keeper, claim, vm, options);
    const held = stack.move();
    return {
      fork: () => forkOf(keeper, claim, vm, { driver, artifacts }),
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }
  throw new InternalError('the keeper of the machines told of none', { incident: 'none' });
}

/** What makes two tests want the same machine: the text of a function stands for what it does. */
function wantedOf<D extends MachineDriver>(
  { type, config }: DriverOrigin,
  { ready, artifacts }: ReadyOptions<D>,
): WantedMachine {
  return {
    ...{ type, config, ready: String(ready) },
    artifacts: artifacts === undefined ? null : resolve(artifacts),
  };
}

async function boot<D extends MachineDriver>(
  keeper: KeeperHandle,
  { machine }: ClaimedMachine,
  vm: Connected<D>,
  options: ReadyOptions<D>,
): Promise<void> {
  try {
    await keeper.ready(machine, await getReady(vm, options));
  } catch (error) {
    // Why it is not ready says more than why that could not be told.
    await keeper
      .failed(machine, error instanceof Error ? error.message : String(error))
      .catch(() => undefined);
    throw error;
  }
}

async function forkOf<D extends MachineDriver>(
  keeper: KeeperHandle,
  { machine }: ClaimedMachine,
  parent: Connected<D>,
  { driver, artifacts }: { readonly driver: D; readonly artifacts: string | undefined },
): Promise<TestFork<D>> {
  const line = await bareMachine(parent).openFork({ from: READY });
  const { name } = line;
  const vm: Connected<D> = await connect({ name, duplex: line.connect }, driver, { artifacts });
  let kept = false;
  return {
    vm: vm as Forked<Connected<D>>, // SAFE: disposing of it ends its last connection
    keep: async (test) => {
      const entrance = await keeper.keep({ machine, name, driver: line.driver, test });
      kept = true;
      return entrance;
    },
    [Symbol.asyncDispose]: async () => {
      await vm[Symbol.asyncDispose]();
      if (!kept) await endFork(parent, line);
    },
  };
}

/** Resolves when nothing is left of it. */
async function endFork(parent: object, { name }: ForkLine): Promise<void> {
  const session = sessionOf(parent);
  await session
    .node('', Machine)
    ?.calls.forkEnd(name)
    .catch((error: unknown) => {
      if (!session.signal.aborted) throw error;
    });
}
