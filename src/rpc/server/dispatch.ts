import type { Value } from '@bufbuild/protobuf/wkt';
import { ConfigError, UnsupportedError } from '../../core/index.ts';
import { type Arg, type Interface, type Method, wireName } from '../../interfaces/index.ts';
import { checkArgument, checkRest } from '../arguments.ts';
import { withDetail } from '../errors.ts';
import { Status } from '../grpc/index.ts';
import { decodeValue } from '../values.ts';
import type { IndexedNode, ServedNode } from './node.ts';
import type { ClaimContext, ResourceStore } from './resources.ts';

type Kind = Method['kind'];
type MethodOf<K extends Kind> = Extract<Method, { kind: K }>;

/** A method of a served node, with the function that does it. */
export interface Found<K extends Kind> {
  /** As the user would call it: `power.off`. */
  readonly operation: string;
  readonly method: MethodOf<K>;
  readonly handler: (...args: readonly unknown[]) => unknown;
}

/** Jumpstarter's names of the three kinds of methods, which are in the texts that its clients know. */
const MARKERS: Readonly<Record<Kind, string>> = {
  call: 'marker_drivercall',
  stream: 'marker_streamingdrivercall',
  channel: 'marker_streamcall',
};

/** The method `wire` of `indexed`, if it is of that kind. @throws GrpcError NOT_FOUND in Jumpstarter's words */
export function findMethod<K extends Kind>(indexed: IndexedNode, wire: string, kind: K): Found<K> {
  const { node, path } = indexed;
  const methods = methodsByWireName(node.interface);
  const name = methods.get(wire);
  const method = name === undefined ? undefined : node.interface.methods[name];
  const handler = name === undefined ? undefined : handlerOf(node, name);
  if (name !== undefined && method && handler && isKind(method, kind)) {
    return { operation: path ? `${path}.${name}` : name, method, handler };
  }
  const problem = method && handler ? `missing marker ${MARKERS[kind]}` : 'not found on driver';
  const available = [...methods].filter(([, known]) => node.interface.methods[known]?.kind === kind);
  const error = new UnsupportedError(`method ${wire} ${problem}`, {
    capability: path ? `${path}.${wire}` : wire,
    available: available.map(([known]) => known),
  });
  throw withDetail(error, Status.NOT_FOUND);
}

/** The arguments for a handler, each checked. @throws ConfigError naming the argument, its value and what is allowed */
export function readArguments(
  args: readonly Arg[],
  values: readonly Value[],
  resources: ResourceStore,
  context: ClaimContext,
): unknown[] {
  const { operation } = context;
  if (values.length > args.length && args.at(-1)?.kind !== 'rest') {
    const takes =
      args.length === 0 ? 'no arguments' : `${args.length} (${args.map(({ name }) => name).join(', ')})`;
    const message = `${operation} takes ${takes}, got ${values.length}`;
    throw new ConfigError(message, { issues: [{ path: '', message }] }, { operation });
  }
  return args.map((arg, index) => {
    if (arg.kind === 'rest') return checkRest(arg, values.slice(index).map(decodeValue), operation);
    const value = values[index] && decodeValue(values[index]);
    if (arg.kind === 'source') return resources.claimSource(value, arg.name, context);
    if (arg.kind === 'sink') return resources.claimSink(value, arg.name, context);
    return checkArgument(arg, value, operation);
  });
}

const wireNames = new WeakMap<Interface, ReadonlyMap<string, string>>();

function methodsByWireName(contract: Interface): ReadonlyMap<string, string> {
  const known = wireNames.get(contract);
  if (known) return known;
  const names = new Map(Object.keys(contract.methods).map((name) => [wireName(name), name]));
  wireNames.set(contract, names);
  return names;
}

function handlerOf(node: ServedNode, name: string): Found<Kind>['handler'] | undefined {
  const handler: unknown = Reflect.get(node.handlers, name);
  return typeof handler === 'function' ? handler.bind(node.handlers) : undefined;
}

const isKind = <K extends Kind>(method: Method, kind: K): method is MethodOf<K> => method.kind === kind;
