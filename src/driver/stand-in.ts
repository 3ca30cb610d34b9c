import type { Interface } from '../interfaces/index.ts';
import type { DriverNode } from './driver.ts';

/** A node like `shape`, with its children, each of whose calls goes to what is `current` when it is made. */
export function standIn<I extends Interface>(
  shape: DriverNode<I>,
  current: () => DriverNode<I>,
): DriverNode<I> {
  type Handler = (...args: unknown[]) => unknown;
  const handlersOf = (node: DriverNode<I>) => node.handlers as Readonly<Record<string, Handler>>; // SAFE: they are functions by their names
  const handlers = Object.keys(shape.handlers).map((name) => [
    name,
    (...args: unknown[]) => handlersOf(current())[name]?.(...args),
  ]);
  const children = Object.entries(shape.children).map(([name, child]) => [
    name,
    standIn(child, () => current().children[name] ?? child),
  ]);
  return {
    ...shape,
    handlers: Object.fromEntries(handlers),
    children: Object.fromEntries(children),
  };
}
