import { startDeadline, type WaitOptions } from '../../core/index.ts';
import {
  type ByteChannel,
  type CallMethod,
  type ChannelMethod,
  type Client,
  type Interface,
  type StreamMethod,
  wireName,
} from '../../interfaces/index.ts';
import { checkArgument } from '../arguments.ts';
import type { ReportNode } from '../report.ts';
import { readAnswer } from './answer.ts';
import { readInput, sendArguments } from './call-arguments.ts';
import { type Callee, calleeOf } from './callee.ts';
import { openDriverStream } from './driver-stream.ts';
import type { Link } from './link.ts';

/** Whether answers must be what the interface says, or may be more where it says nothing. */
export interface Strictness {
  readonly strict: boolean;
}

/**
 * The calls of `contract` on a node. Arguments are checked before anything is sent, answers when they have come;
 * `strict` is for peers that know our interfaces.
 */
export function createCalls<I extends Interface>(
  link: Link,
  node: ReportNode,
  contract: I,
  strictness: Strictness,
): Client<I> {
  const calls: Record<string, (...input: unknown[]) => unknown> = {};
  for (const [name, method] of Object.entries(contract.methods)) {
    const callee = calleeOf(link, node, wireName(name), name);
    if (method.kind === 'call') {
      calls[name] = (...input) => callOnce(callee, method, input, strictness);
    } else if (method.kind === 'stream') {
      calls[name] = (...input) => callStream(callee, method, input, strictness);
    } else {
      calls[name] = (...input) => openChannel(callee, method, input);
    }
  }
  return calls as Client<I>; // SAFE: one function for each method, of the kind that the mapped type says
}

async function callOnce(
  callee: Callee,
  method: CallMethod,
  input: readonly unknown[],
  strictness: Strictness,
): Promise<unknown> {
  const { link, operation } = callee;
  const { given, options } = readInput(callee, method.args, input);
  using deadline = startDeadline(options, { operation, waitingFor: 'the answer' });
  deadline.signal.throwIfAborted();
  await using sent = await sendArguments(callee, method.args, given, deadline.signal);
  const answer = await link.call(callee, sent.values, sent.signal);
  await sent.finish();
  return readAnswer(callee, method.returns, answer, strictness);
}

async function* callStream(
  callee: Callee,
  method: StreamMethod,
  input: readonly unknown[],
  strictness: Strictness,
): AsyncGenerator<unknown> {
  const { link, operation } = callee;
  const { given, options } = readInput(callee, method.args, input);
  using deadline = startDeadline(options, { operation, waitingFor: 'the last item' });
  deadline.signal.throwIfAborted();
  await using sent = await sendArguments(callee, method.args, given, deadline.signal);
  for await (const item of link.stream(callee, sent.values, sent.signal)) {
    yield readAnswer(callee, method.returns, item, strictness);
  }
  await sent.finish();
}

async function openChannel(
  callee: Callee,
  { options: schema, carries }: ChannelMethod,
  input: readonly unknown[],
): Promise<ByteChannel> {
  const [streamOptions, options = {}] = input as readonly [object?, WaitOptions?]; // SAFE: Client's type
  if (!schema || streamOptions === undefined)
    return await openDriverStream(callee, undefined, options, carries);
  checkArgument({ kind: 'value', name: 'options', schema }, streamOptions, callee.operation);
  return await openDriverStream(callee, streamOptions, options, carries);
}
