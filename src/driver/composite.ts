import type { z } from 'zod';
import type { Interface } from '../interfaces/index.ts';
import { parseConfig } from './config.ts';
import type { OpenContext } from './context.ts';
import type { DriverDefinition, Opened } from './define.ts';
import type { Driver, DriverNode } from './driver.ts';
import { type DriverChildren, openChildren } from './group.ts';

export interface CompositeDefinition<I extends Interface, S extends z.ZodType>
  extends Omit<DriverDefinition<I, S>, 'open'> {
  /** Opens the node itself, once its children are open. */
  readonly open: (
    config: z.output<S>,
    context: OpenContext,
    children: Readonly<Record<string, DriverNode>>,
  ) => Opened<I> | Promise<Opened<I>>;
}

/**
 * Defines a driver that has methods of its own and drivers below it, which it is given: `vnc({ tcp: tcpNetwork(...) })`.
 *
 * The children are opened before the node and closed after it; when one of them fails to open, none stays open.
 */
export function defineComposite<I extends Interface, S extends z.ZodType>(
  definition: CompositeDefinition<I, S>,
): <const C extends DriverChildren>(children: C, config: z.input<S>) => Driver<I, C> {
  const { name, interface: contract, config: schema, pythonClient, description } = definition;
  return (children, input) => {
    const config = parseConfig(schema, input, name);
    return {
      name,
      interface: contract,
      children,
      open: async (context) => {
        await using stack = new AsyncDisposableStack();
        const opened = await openChildren(children, context, stack);
        const handlers = await definition.open(config, context, opened);
        stack.defer(async () => handlers[Symbol.asyncDispose]?.());
        const held = stack.move();
        const close = () => held.disposeAsync();
        return { interface: contract, handlers, children: opened, pythonClient, description, close };
      },
    };
  };
}
