import { isDeepStrictEqual } from 'node:util';
import { DutError, parseDuration } from '../../core/index.ts';
import { type CallContext, type DriverNode, type OpenContext, standIn } from '../../driver/index.ts';
import type { ImageFlasher, Machine, PoolSizes } from '../../interfaces/index.ts';
import type { ReadyFork, WarmPool } from '../std/index.ts';
import type { AssembledMachine } from './assemble-machine.ts';
import { BootReady, type QemuConfig } from './config.ts';
import type { PooledMachine } from './fork-pools.ts';

/** The snapshot that the pool of a configuration is of. */
const POOL = 'pool';

/**
 * Boots a machine, keeps forks of it ready, and is one of them: off, and running within a moment when it is switched on. After a flash
 * of what the pool has booted it is another one; after any other it is a machine of its own.
 */
export async function openPooledMachine(
  template: AssembledMachine,
  { pool: sizes, boot }: Pick<QemuConfig, 'boot'> & { readonly pool: PoolSizes },
  { log, signal, offer }: OpenContext,
): Promise<DriverNode<typeof Machine>> {
  const caller: CallContext = { signal, log, peer: { name: 'the pool', local: true } };
  log.info({ ...sizes }, 'the machine of the pool boots');
  await template.saveBooted(POOL, boot?.ready ?? BootReady.parse({ console: 'login: $' }), caller);
  const contents = await template.contents(signal);
  const pool = template.pools.open({ from: POOL, ...sizes });
  let current = await claim(pool, {}, signal);
  if (offer) current.serve(offer);
  let isResized = false;

  /** The machine was flashed: if that is what the pool has booted, it becomes another one of those that are ready. */
  const exchange = async (context: CallContext) => {
    const { machine, root } = current.fork;
    if (isResized || !isDeepStrictEqual(await machine.contents(context.signal), contents)) return;
    // Others live of it.
    if ((await (root as DriverNode<typeof Machine>).handlers.snapshotList(context)).length > 0) return;
    try {
      const next = await claim(pool, { wait: soon(pool) }, context.signal);
      if (offer) next.serve(offer);
      const before = current;
      current = next;
      await before[Symbol.asyncDispose]();
    } catch (error) {
      if (!(error instanceof DutError)) throw error;
      log.info({ reason: error.message }, 'no machine of the pool is ready: the next power-on boots');
    }
  };

  const shape = current.fork.root as DriverNode<typeof Machine>; // SAFE: a fork is a machine
  const node = standIn(shape, () => current.fork.root as typeof shape);
  const resize =
    <A extends unknown[]>(act: (...args: A) => Promise<null>) =>
    (...args: A) => {
      isResized = true;
      return act(...args);
    };
  const { setDiskSize, setMemorySize } = node.handlers;
  return {
    ...node,
    handlers: {
      ...node.handlers,
      ...template.pools.methods,
      setDiskSize: resize(setDiskSize),
      setMemorySize: resize(setMemorySize),
    },
    children: { ...node.children, ...exchanging(node.children, exchange) },
    close: () => current[Symbol.asyncDispose](),
  };
}

const claim = async (
  pool: WarmPool<ReadyFork<PooledMachine>>,
  { wait }: { readonly wait?: AbortSignal },
  signal: AbortSignal,
) => await pool.claim(signal, { wait, run: false });

/** Waits only for one that is on its way: a boot takes longer. */
const soon = (pool: WarmPool<ReadyFork<PooledMachine>>): AbortSignal =>
  pool.figures.opening > 0 ? AbortSignal.timeout(parseDuration('30s')) : AbortSignal.abort();

/** The flasher, after whose calls `exchange` is called. */
function exchanging(
  children: DriverNode['children'],
  exchange: (context: CallContext) => Promise<void>,
): DriverNode['children'] {
  const inner = children['flasher'] as DriverNode<typeof ImageFlasher>; // SAFE: every machine has one
  const { flash, flashKnown, flashStream } = inner.handlers;
  const flasher: DriverNode<typeof ImageFlasher> = {
    ...inner,
    handlers: {
      ...inner.handlers,
      flash: async (source, partition, context) => {
        await flash(source, partition, context);
        await exchange(context);
        return null;
      },
      flashKnown: async (sha256, partition, context) => {
        await flashKnown(sha256, partition, context);
        await exchange(context);
        return null;
      },
      async *flashStream(source, partition, expected, context) {
        yield* flashStream(source, partition, expected, context);
        await exchange(context);
      },
    },
  };
  return { flasher: flasher as unknown as DriverNode }; // SAFE: a node of a tree
}
