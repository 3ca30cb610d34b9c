import { z } from 'zod';
import type { Driver, DriverNode } from '../../src/driver/index.ts';
import type { ByteChannel, Interface, Method, Methods } from '../../src/interfaces/index.ts';

/** A method of a driver, as a session calls it. */
export type AnyHandler = (...args: unknown[]) => unknown;

/** Makes a handler worse. */
export type Bug = (handler: AnyHandler, kind: Method['kind']) => AnyHandler;

/** The same driver with a bug in one of its methods. */
export function withBug<D extends Driver>(driver: D, method: string, bug: Bug): D {
  const kind = driver.interface.methods[method]?.kind;
  if (!kind) throw new Error(`${driver.interface.id} has no method ${method}`);
  return {
    ...driver,
    open: async (context): Promise<DriverNode> => {
      const node = await driver.open(context);
      const handler = node.handlers[method] as AnyHandler; // SAFE: the session calls it so as well
      const handlers = { ...node.handlers, [method]: bug(handler, kind) } as typeof node.handlers; // SAFE: as good as wanted
      return { ...node, handlers };
    },
  } as D; // SAFE: the same but for one handler
}

/** The same driver with an interface that takes any value for any argument. */
export function withLooseArguments<D extends Driver>(driver: D): D {
  const loose = { ...driver.interface, methods: looseMethods(driver.interface.methods) } satisfies Interface;
  return {
    ...driver,
    interface: loose,
    open: async (context) => ({ ...(await driver.open(context)), interface: loose }),
  } as D; // SAFE: the same but for what it checks
}

function looseMethods(methods: Methods): Methods {
  const entries = Object.entries(methods).map(([name, method]) => [name, loosen(method)]);
  return Object.fromEntries(entries);
}

function loosen(method: Method): Method {
  if (method.kind === 'channel') return { ...method, options: method.options && z.any() };
  const args = method.args.map((arg) => ('schema' in arg ? { ...arg, schema: z.any() } : arg));
  return { ...method, args };
}

const FOREVER = new Promise<never>(() => undefined);

const closedChannel = (): ByteChannel => ({
  write: async () => undefined,
  end: async () => undefined,
  async *[Symbol.asyncIterator]() {},
  [Symbol.asyncDispose]: async () => undefined,
});

/** Does nothing, and says that it did: an empty answer, stream or channel. */
export const idle: Bug = (_, kind) => {
  if (kind === 'stream') return async function* () {};
  return async () => (kind === 'call' ? null : closedChannel());
};

/** Says that all is well when it is not. */
export const obliging: Bug = (handler, kind) => {
  if (kind === 'stream') {
    return (...args) => untilError(handler(...args) as AsyncIterable<unknown>, async () => undefined);
  }
  return async (...args) =>
    await promised(handler(...args)).catch(() => (kind === 'call' ? null : closedChannel()));
};

/** Never tells that the device is gone: where an error would come, nothing does. */
export const silent: Bug = (handler, kind) => {
  const forever = () => FOREVER;
  if (kind === 'stream') return (...args) => untilError(handler(...args) as AsyncIterable<unknown>, forever);
  return async (...args) => {
    const answer = await promised(handler(...args)).catch(forever);
    if (kind === 'call') return answer;
    const channel = answer as ByteChannel; // SAFE: what a method of this kind gives
    return { ...channel, [Symbol.asyncIterator]: () => untilError(channel, forever) };
  };
};

/** Calls a handler, which may reject before it has returned. */
const promised = async (answer: unknown) => await answer;

async function* untilError<T>(items: AsyncIterable<T>, onError: () => Promise<void>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch {
    await onError();
  }
}

/** Stays occupied by a client that has left. */
export const haunted: Bug = (handler, kind) => {
  let isHaunted = false;
  const enter = (args: readonly unknown[]) => {
    if (isHaunted) throw new Error('still occupied');
    const { signal } = args.at(-1) as { signal: AbortSignal }; // SAFE: the context comes last
    signal.addEventListener('abort', () => {
      isHaunted = true;
    });
  };
  if (kind === 'stream') {
    return async function* (...args) {
      enter(args);
      yield* handler(...args) as AsyncIterable<unknown>;
    };
  }
  return async (...args) => {
    enter(args);
    return await handler(...args);
  };
};

/** Falls over when it is called while it is at it. */
export const clumsy: Bug = (handler, kind) => {
  let calls = 0;
  const during = async <T>(act: () => Promise<T>): Promise<T> => {
    if (calls > 0) throw new Error('fell over');
    calls += 1;
    return await act().finally(() => {
      calls -= 1;
    });
  };
  if (kind === 'stream') {
    return async function* (...args) {
      const items = handler(...args) as AsyncIterable<unknown>;
      yield* await during(() => Array.fromAsync(items));
    };
  }
  return (...args) => during(async () => await handler(...args));
};
