import { Composite, type RigChildren } from '../interfaces/index.ts';
import type { OpenContext } from './context.ts';
import type { Driver, DriverNode } from './driver.ts';

export interface DriverChildren extends RigChildren {
  readonly [name: string]: Driver;
}

/** Several drivers under one node. They are opened in order and closed in reverse; when one fails to open, none stays open. */
export function group<const C extends DriverChildren>(
  children: C,
  options: { readonly description?: string } = {},
): Driver<typeof Composite, C> {
  return {
    name: 'group',
    interface: Composite,
    children,
    open: async (context) => {
      await using stack = new AsyncDisposableStack();
      const opened = await openChildren(children, context, stack);
      const held = stack.move();
      return {
        interface: Composite,
        handlers: {},
        children: opened,
        description: options.description,
        close: () => held.disposeAsync(),
      };
    },
  };
}

/** Opens `children` in order; each is closed by `stack`. */
export async function openChildren(
  children: DriverChildren,
  context: OpenContext,
  stack: AsyncDisposableStack,
): Promise<Record<string, DriverNode>> {
  const opened: Record<string, DriverNode> = {};
  for (const [name, driver] of Object.entries(children)) {
    const path = context.path ? `${context.path}.${name}` : name;
    const node = await driver.open({ ...context, path, log: context.log.child({ driver: path }) });
    stack.defer(async () => node.close?.());
    // The stack closes the children; the node must not do so a second time.
    opened[name] = { ...node, close: undefined };
  }
  return opened;
}
