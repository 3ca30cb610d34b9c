import { pino } from 'pino';
import type { Log } from '../../src/core/index.ts';
import type { Driver } from '../../src/driver/index.ts';
import type { Fake, FakeDevice, MethodName, Stall } from '../../src/drivers/fake/index.ts';
import { type Address, connect, exploreSession, serve, sessionOf } from '../../src/index.ts';
import type { ByteChannel, Client, Interface, Rig } from '../../src/interfaces/index.ts';

/** A client of the session, with a connection of its own. */
export interface OtherClient<C> extends AsyncDisposable {
  readonly calls: C;
}

/** Calls by their names on the wire, without any check on this side. */
export interface Unchecked {
  call(method: string, args?: readonly unknown[]): Promise<unknown>;
  stream(method: string, args?: readonly unknown[]): AsyncIterable<unknown>;
  open(method: string, channelOptions?: object): Promise<ByteChannel>;
}

/** What can be done to the device behind a driver. */
export interface DeviceControl {
  /** Makes the device go away: pulls the cable, kills the process. */
  breakDevice(): void | Promise<void>;
  /** Makes the next call of that method wait at the device. Absent where the device cannot be told to. */
  readonly stall?: ((method: string) => Stall) | undefined;
  /** Ends what the device is still at for a client that has left. Without it, that is waited for by `stall`. */
  readonly settle?: (() => Promise<unknown>) | undefined;
}

/** A served device, and what a conformance check needs to put it to the test: `C` are the calls of its interface. */
export interface Specimen<C> extends DeviceControl, AsyncDisposable {
  readonly calls: C;
  readonly unchecked: Unchecked;
  /** Connects once more. */
  secondClient(): Promise<OtherClient<C>>;
}

/**
 * A node of a connected tree as a specimen. `tree` is the handle of the root, `rig` what it was connected as, `path` the
 * node's dotted name, `address` where one more connection begins. Disposing of the specimen closes the tree.
 */
export async function specimenOf<I extends Interface>(
  tree: AsyncDisposable,
  rig: Rig,
  { path, contract }: { readonly path: string; readonly contract: I },
  control: DeviceControl,
  address: Address = sessionOf(tree).target,
): Promise<Specimen<Client<I>>> {
  await using stack = new AsyncDisposableStack();
  stack.use(tree);
  const explored = stack.use(await exploreSession(address));
  const unchecked = path
    .split('.')
    .filter(Boolean)
    .reduce((node, name) => node.children.get(name) ?? node, explored.root);
  const calls = callsOf(tree, path, contract);
  const held = stack.move();
  return {
    calls,
    unchecked,
    ...control,
    secondClient: async () => {
      const other: AsyncDisposable = await connect(address, rig);
      return {
        calls: callsOf(other, path, contract),
        [Symbol.asyncDispose]: () => other[Symbol.asyncDispose]().then(),
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Serves a driver of one node, or the node at its root. */
export async function serveSpecimen<I extends Interface>(
  driver: Driver<I>,
  control: DeviceControl,
  log: Log = pino({ level: 'silent' }),
): Promise<Specimen<Client<I>>> {
  const tree: AsyncDisposable = await serve(driver, { log });
  return specimenOf(tree, driver, { path: '', contract: driver.interface }, control);
}

/** The specimen, closed together with what it needs. */
export function joined<S extends Specimen<unknown>>(specimen: S, beneath: AsyncDisposable): S {
  const close = async () => {
    await specimen[Symbol.asyncDispose]();
    await beneath[Symbol.asyncDispose]();
  };
  return { ...specimen, [Symbol.asyncDispose]: close };
}

/** Serves a fake, or one of its kind that has been tampered with. */
export function serveFake<I extends Interface, D extends FakeDevice<I>>(
  fake: Fake<I, D>,
  driver: Driver<I> = fake,
): Promise<Specimen<Client<I>>> {
  return serveSpecimen(driver, {
    breakDevice: () => fake.device.unplug(),
    stall: (method) => fake.device.stall(method as MethodName<I>), // SAFE: the suites name methods of the interface
  });
}

function callsOf<I extends Interface>(tree: object, path: string, contract: I): Client<I> {
  const node = sessionOf(tree).node(path, contract);
  if (!node) throw new Error(`the tree has no node ${JSON.stringify(path)}`);
  return node.calls;
}
