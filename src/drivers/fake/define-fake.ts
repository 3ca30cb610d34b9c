import { raceSignal } from '../../core/index.ts';
import {
  type CallContext,
  type Driver,
  type DriverChildren,
  type OpenContext,
  openChildren,
} from '../../driver/index.ts';
import type { ByteChannel, Handlers, Interface, Method } from '../../interfaces/index.ts';
import { emitted, severOn } from '../std/index.ts';
import type { FakeDevice, MethodName } from './fake-device.ts';

/** A driver of a device that exists in this process only; a test looks at it and plays with it through `device`. */
export type Fake<
  I extends Interface,
  D extends FakeDevice<I>,
  C extends DriverChildren = Record<never, never>,
> = Driver<I, C> & { readonly device: D };

/** Decides whether a call may go ahead now. `act` brings it to the device. */
export type Gate = <T>(call: GatedCall, act: (signal: AbortSignal) => Promise<T>) => Promise<T>;
export interface GatedCall {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly context: CallContext;
}

export interface FakeDefinition<I extends Interface, D extends FakeDevice<I>, C extends DriverChildren> {
  readonly name: string;
  readonly interface: I;
  readonly device: D;
  readonly children?: C;
  /** Makes the handlers for one session; what `stack` holds is closed with it. */
  readonly open: (
    stack: AsyncDisposableStack,
    context: OpenContext,
  ) => Handlers<I, CallContext> | Promise<Handlers<I, CallContext>>;
  /** Without one, calls go ahead at once. */
  readonly gate?: Gate;
}

/**
 * Defines a fake. Each method of `open` gets what every fake has: the call is remembered, it can be made to fail or to wait,
 * and it ends when the device is unplugged; its context's signal says so.
 */
export function defineFake<
  I extends Interface,
  D extends FakeDevice<I>,
  const C extends DriverChildren = Record<never, never>,
>(definition: FakeDefinition<I, D, C>): Fake<I, D, C> {
  const { name, interface: contract, device, gate = openGate } = definition;
  const children = definition.children ?? ({} as C); // SAFE: C is inferred as empty where there are none
  return {
    name,
    interface: contract,
    children,
    device,
    open: async (context) => {
      await using stack = new AsyncDisposableStack();
      const opened = await openChildren(children, context, stack);
      const handlers = await definition.open(stack, context);
      const held = stack.move();
      return {
        interface: contract,
        handlers: fakeHandlers(contract, handlers, device, gate),
        children: opened,
        description: 'a fake, for tests',
        close: () => held.disposeAsync(),
      };
    },
  };
}

const openGate: Gate = (call, act) => act(call.context.signal);

type AnyHandler = (...args: unknown[]) => unknown;

function fakeHandlers<I extends Interface>(
  contract: I,
  handlers: Handlers<I, CallContext>,
  device: FakeDevice<I>,
  gate: Gate,
): Handlers<I, CallContext> {
  const entries = Object.entries(contract.methods).map(([name, { kind }]) => {
    const method = name as MethodName<I>; // SAFE: a key of the methods
    const handler = handlers[method] as AnyHandler; // SAFE: called with what its own caller was given
    const bring = <T>(args: unknown[], take: (answer: unknown) => Promise<T>): Promise<T> => {
      const call = splitCall(method, args, device.gone);
      return gate(call, async (signal) => {
        await device.arrive(method, call.args, signal);
        return raceSignal(take(handler(...call.args, { ...call.context, signal })), signal);
      });
    };
    // SAFE: a handler returns what the contract says of a method of its kind
    const through: Record<Method['kind'], AnyHandler> = {
      call: (...args) => bring(args, async (answer) => answer),
      channel: (...args) =>
        bring(args, async (answer) => severOn(device.gone, await (answer as Promise<ByteChannel>))),
      stream: (...args) =>
        emitted((emit) =>
          bring(args, async (answer) => {
            for await (const item of answer as AsyncIterable<unknown>) await emit(item);
          }),
        ),
    };
    return [method, through[kind]];
  });
  return Object.fromEntries(entries) as Handlers<I, CallContext>; // SAFE: one for each method of the contract
}

/** The context comes last; for a fake it also ends when the device goes away. */
function splitCall(method: string, args: unknown[], gone: AbortSignal): GatedCall {
  const context = args.at(-1) as CallContext; // SAFE: the session appends it to every call
  const signal = AbortSignal.any([context.signal, gone]);
  return { method, args: args.slice(0, -1), context: { ...context, signal } };
}
