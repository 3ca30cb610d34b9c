import type { z } from 'zod';
import type { Handlers, Interface } from '../interfaces/index.ts';
import { parseConfig } from './config.ts';
import type { CallContext, OpenContext } from './context.ts';
import type { Driver } from './driver.ts';

/** What `open` of a driver returns: its handlers, with a way to close it where it holds something. */
export type Opened<I extends Interface> = Handlers<I, CallContext> & Partial<AsyncDisposable>;

export interface DriverDefinition<I extends Interface, S extends z.ZodType> {
  readonly name: string;
  readonly interface: I;
  readonly config: S;
  /** Opens the device. The handlers it returns are called by any number of clients at once. */
  readonly open: (config: z.output<S>, context: OpenContext) => Opened<I> | Promise<Opened<I>>;
  /** Replaces the interface's Python class in the report. */
  readonly pythonClient?: string;
  readonly description?: string;
  /** Help of commands that depend on the configuration; see `DriverNode`. */
  readonly help?: (config: z.output<S>) => Readonly<Record<string, string>>;
}

/** A function that makes a driver out of its configuration. */
export type DriverFactory<I extends Interface, S extends z.ZodType> =
  undefined extends z.input<S>
    ? (config?: z.input<S>) => Driver<I, Record<never, never>>
    : (config: z.input<S>) => Driver<I, Record<never, never>>;

/**
 * Defines a driver of one device with one interface. Nothing is opened until a session needs it.
 *
 * The returned function throws a ConfigError that names every field that is wrong.
 */
export function defineDriver<I extends Interface, S extends z.ZodType>(
  definition: DriverDefinition<I, S>,
): DriverFactory<I, S> {
  const { name, interface: contract, config: schema, pythonClient, description } = definition;
  const create = (input?: unknown): Driver<I, Record<never, never>> => {
    const config = parseConfig(schema, input, name);
    return {
      name,
      interface: contract,
      children: {},
      open: async (context) => {
        const handlers = await definition.open(config, context);
        const close = handlers[Symbol.asyncDispose]?.bind(handlers);
        const help = definition.help?.(config);
        return { interface: contract, handlers, children: {}, pythonClient, description, help, close };
      },
    };
  };
  return create as DriverFactory<I, S>; // SAFE: the two signatures differ only in whether the argument may be left out
}
