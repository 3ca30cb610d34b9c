import type { Value } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { ConfigError, ProtocolError, raceSignal, startDeadline, type WaitOptions } from '../../core/index.ts';
import {
  type ByteChannel,
  type CallMethod,
  type ChannelMethod,
  type Client,
  describeIssues,
  type Interface,
  type Method,
  type Sink,
  type Source,
  type StreamMethod,
  wireName,
} from '../../interfaces/index.ts';
import { checkArgument } from '../arguments.ts';
import type { ReportNode } from '../report.ts';
import { decodeValue, encodeValue } from '../values.ts';
import { frameChannel } from './frame-channel.ts';
import type { Callee, Link } from './link.ts';
import { openSink, openSource, type Transfer } from './transfers.ts';

type Input = readonly unknown[];

/**
 * The calls of `contract` on a node. Arguments are checked before anything is sent, answers when they have come.
 *
 * `strict` is false towards peers that do not know our interfaces: an answer where there should be none is dropped.
 */
export function createCalls<I extends Interface>(
  link: Link,
  node: ReportNode,
  contract: I,
  { strict }: { readonly strict: boolean },
): Client<I> {
  const calls: Record<string, (...input: Input) => unknown> = {};
  for (const [name, method] of Object.entries(contract.methods)) {
    const callee = calleeOf(node, name, wireName(name));
    calls[name] = (...input) => invoke(link, callee, method, input, strict);
  }
  return calls as Client<I>; // SAFE: one function for each method, of the kind that the mapped type says
}

/** A method of `node` as errors call it. */
export function calleeOf(node: ReportNode, name: string, method: string): Callee {
  return { node, method, operation: node.path ? `${node.path}.${name}` : name };
}

function invoke(link: Link, callee: Callee, method: Method, input: Input, strict: boolean): unknown {
  if (method.kind === 'channel') return openChannel(link, callee, method, input);
  const { given, options } = splitInput(callee, method, input);
  if (method.kind === 'stream') return callStream(link, callee, method, given, options);
  return callOnce(link, callee, method, given, options, strict);
}

/** The method's own arguments, and the options after them. */
function splitInput(
  { operation }: Callee,
  { args }: CallMethod | StreamMethod,
  input: Input,
): { given: Input; options: WaitOptions } {
  if (input.length > args.length + 1) {
    const message = `${operation} takes ${args.length} arguments and options, got ${input.length}`;
    throw new ConfigError(message, { issues: [{ path: '', message }] }, { operation });
  }
  return { given: input.slice(0, args.length), options: (input[args.length] ?? {}) as WaitOptions }; // SAFE: Client's type
}

async function callOnce(
  link: Link,
  callee: Callee,
  method: CallMethod,
  given: Input,
  options: WaitOptions,
  strict: boolean,
): Promise<unknown> {
  using deadline = startDeadline(options, { operation: callee.operation, waitingFor: 'the answer' });
  deadline.signal.throwIfAborted();
  await using scope = new AsyncDisposableStack();
  const { values, transfers } = await openArguments(link, callee, method, given, scope, deadline.signal);
  const ours = new AbortController();
  for (const { failed } of transfers) failed.catch((reason: unknown) => ours.abort(reason));
  const signal = transfers.length > 0 ? AbortSignal.any([deadline.signal, ours.signal]) : deadline.signal;
  const answer = await link.call(callee, values, signal);
  await raceSignal(Promise.all(transfers.map((transfer) => transfer.finish())), signal);
  return readAnswer(callee, method, answer, link.name, strict);
}

async function* callStream(
  link: Link,
  callee: Callee,
  method: StreamMethod,
  given: Input,
  options: WaitOptions,
): AsyncGenerator<unknown> {
  using deadline = startDeadline(options, { operation: callee.operation, waitingFor: 'the last item' });
  await using scope = new AsyncDisposableStack();
  const { values, transfers } = await openArguments(link, callee, method, given, scope, deadline.signal);
  const ours = new AbortController();
  for (const { failed } of transfers) failed.catch((reason: unknown) => ours.abort(reason));
  const signal = AbortSignal.any([deadline.signal, ours.signal]);
  for await (const item of link.stream(callee, values, signal)) {
    yield readAnswer(callee, method, item, link.name, true);
  }
  await raceSignal(Promise.all(transfers.map((transfer) => transfer.finish())), signal);
}

async function openChannel(
  link: Link,
  callee: Callee,
  method: ChannelMethod,
  input: Input,
): Promise<ByteChannel> {
  const [channelOptions, options = {}] = input as readonly [unknown, WaitOptions?]; // SAFE: Client's type
  const schema = method.options;
  const argument = schema && ({ kind: 'value', name: 'options', schema } as const);
  if (argument && channelOptions !== undefined) checkArgument(argument, channelOptions, callee.operation);
  return await openDriverStream(link, callee, channelOptions, options);
}

/** Opens a byte stream on a driver. `timeout` counts until it is open, `signal` for all its life. */
export async function openDriverStream(
  link: Link,
  callee: Callee,
  channelOptions: unknown,
  options: WaitOptions,
): Promise<ByteChannel> {
  const { node, method, operation } = callee;
  const life = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, life.signal]) : life.signal;
  using opening = startDeadline(options, { operation, waitingFor: 'the stream to open' });
  const request = { kind: 'driver', uuid: node.uuid, method };
  const sent =
    channelOptions === undefined ? undefined : (decodeValue(encodeValue(channelOptions)) as object);
  const opened = link.openFrames(operation, request, { signal, ...(sent && { options: { ...sent } }) }, node);
  opened.catch(() => undefined); // Given up below.
  try {
    const { frames } = await raceSignal(opened, opening.signal);
    return frameChannel(frames, (error) => link.translate(error, operation, node));
  } catch (error) {
    life.abort(error);
    throw error;
  }
}

async function openArguments(
  link: Link,
  callee: Callee,
  { args }: CallMethod | StreamMethod,
  given: Input,
  scope: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<{ values: Value[]; transfers: Transfer[] }> {
  for (const [index, arg] of args.entries()) {
    if (arg.kind === 'value') checkArgument(arg, given[index], callee.operation);
  }
  const values: Value[] = [];
  const transfers: Transfer[] = [];
  // What is left out at the end is not sent: peers have their own defaults, or no such argument at all.
  const count = given.findLastIndex((value) => value !== undefined) + 1;
  for (const [index, arg] of args.slice(0, count).entries()) {
    const value = given[index];
    if (arg.kind === 'value') {
      values.push(encodeValue(value, arg.name));
      continue;
    }
    const transfer = scope.use(
      arg.kind === 'source'
        ? await openSource(link, callee, value as Source, signal) // SAFE: Client's type
        : await openSink(link, callee, value as Sink, signal), // SAFE: as above
    );
    transfers.push(transfer);
    values.push(encodeValue(transfer.handle, arg.name));
  }
  return { values, transfers };
}

function readAnswer(
  { operation }: Callee,
  { returns }: CallMethod | StreamMethod,
  answer: Value | undefined,
  peer: string,
  strict: boolean,
): unknown {
  const value = decodeValue(answer);
  const parsed = returns.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  if (!strict && returns instanceof z.ZodNull) return null;
  const [issue] = describeIssues(parsed.error, value, returns);
  const message = `${operation}: ${peer} answered what the interface does not allow: ${issue?.path ?? ''} ${issue?.message ?? ''}`;
  throw new ProtocolError(message, { peer, answer: JSON.stringify(value).slice(0, 1_000) }, { operation });
}
