import { ConfigError } from '../core/index.ts';
import type { Interface, RigChildren } from '../interfaces/index.ts';
import type { Driver, DriverNode } from './driver.ts';

/**
 * Another driver of the same tree under a further name: `group({ power, alias: proxy('power', power) })`. Calls reach that
 * driver itself, which is opened once.
 *
 * @param ref The dotted names of the other driver, from the root of the tree.
 * @param target The other driver: says what the proxy is to its clients.
 */
export function proxy<I extends Interface, C extends RigChildren>(
  ref: string,
  target: Driver<I, C>,
): Driver<I, C> {
  const { interface: contract, children } = target;
  return {
    name: 'proxy',
    interface: contract,
    children,
    open: async () => ({
      interface: contract,
      handlers: {} as DriverNode<I>['handlers'], // SAFE: `resolveProxies` puts the other node in the place of this one
      children: {},
      ref,
    }),
  };
}

/**
 * The tree with each proxy replaced by the very node that it names, with all that is below it.
 *
 * @throws ConfigError when there is no such node, or when a proxy is below what it names.
 */
export function resolveProxies(root: DriverNode): DriverNode {
  const resolved = new Map<DriverNode, DriverNode>();
  const underWay = new Set<DriverNode>();
  const resolve = (node: DriverNode, path: string): DriverNode => {
    const known = resolved.get(node);
    if (known) return known;
    if (underWay.has(node)) throw wrong(path, 'a proxy cannot be below what it names');
    underWay.add(node);
    const result =
      node.ref === undefined
        ? { ...node, children: resolveChildren(node, path) }
        : resolve(findNode(root, node.ref, path), node.ref);
    resolved.set(node, result);
    return result;
  };
  const resolveChildren = ({ children }: DriverNode, path: string) =>
    Object.fromEntries(
      Object.entries(children).map(([name, child]) => [
        name,
        resolve(child, path ? `${path}.${name}` : name),
      ]),
    );
  return resolve(root, '');
}

/** The node that the proxy at `path` names; on the way there may be other proxies. */
function findNode(root: DriverNode, ref: string, path: string, passed: readonly string[] = []): DriverNode {
  if (passed.includes(ref)) throw wrong(path, `${ref} leads back to itself`);
  let node = root;
  let at = '';
  for (const name of ref.split('.')) {
    const through = node.ref === undefined ? node : findNode(root, node.ref, path, [...passed, ref]);
    const child = Object.hasOwn(through.children, name) ? through.children[name] : undefined;
    const names = Object.keys(through.children).join(', ') || 'nothing';
    if (!child) throw wrong(path, `there is no ${JSON.stringify(ref)}: ${at || 'the root'} has ${names}`);
    node = child;
    at = at ? `${at}.${name}` : name;
  }
  return node;
}

function wrong(path: string, message: string): ConfigError {
  return new ConfigError(`proxy ${path}: ${message}`, { issues: [{ path, message }] });
}
