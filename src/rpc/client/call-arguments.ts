import type { Value } from '@bufbuild/protobuf/wkt';
import { ConfigError, raceSignal, type WaitOptions } from '../../core/index.ts';
import type { Arg, Sink, Source } from '../../interfaces/index.ts';
import { checkArgument, checkRest } from '../arguments.ts';
import { encodeValue } from '../values.ts';
import type { Callee } from './callee.ts';
import { openSink, openSource, type Transfer } from './transfers.ts';

/** What a method of a typed client was called with: its own arguments, and the options after them. */
interface CallInput {
  readonly given: readonly unknown[];
  readonly options: WaitOptions;
}

/** Tells the arguments of a method from the options after them, and checks them. @throws ConfigError */
export function readInput({ operation }: Callee, args: readonly Arg[], input: readonly unknown[]): CallInput {
  if (input.length > args.length + 1) {
    const message = `${operation} takes ${args.length} arguments and options, got ${input.length}`;
    throw new ConfigError(message, { issues: [{ path: '', message }] }, { operation });
  }
  for (const [index, arg] of args.entries()) {
    if (arg.kind === 'value') checkArgument(arg, input[index], operation);
    if (arg.kind === 'rest') checkRest(arg, listOf(input[index]), operation);
  }
  return { given: input.slice(0, args.length), options: (input[args.length] ?? {}) as WaitOptions }; // SAFE: Client's type
}

/** The arguments of a call that is about to be made. Disposing of them ends the streams that carry their bytes. */
export interface SentArguments extends AsyncDisposable {
  readonly values: readonly Value[];
  /** Aborts when the caller gives up, or when a source or a sink of ours fails: then with its error. */
  readonly signal: AbortSignal;
  /** To be called when the call has answered: resolves when all bytes have arrived. */
  finish(): Promise<void>;
}

/** Makes `given` ready to be sent, and opens the streams for what is more than a value. */
export async function sendArguments(
  callee: Callee,
  args: readonly Arg[],
  given: readonly unknown[],
  signal: AbortSignal,
): Promise<SentArguments> {
  await using stack = new AsyncDisposableStack();
  const ours = new AbortController();
  const values: Value[] = [];
  const transfers: Transfer[] = [];
  // What is left out at the end is not sent: peers have their own defaults, or no such argument at all.
  const count = given.findLastIndex((value) => value !== undefined) + 1;
  for (const [index, arg] of args.slice(0, count).entries()) {
    if (arg.kind === 'value') {
      values.push(encodeValue(given[index], arg.name));
      continue;
    }
    if (arg.kind === 'rest') {
      values.push(...listOf(given[index]).map((value) => encodeValue(value, arg.name)));
      continue;
    }
    const transfer = stack.use(await openTransfer(callee, arg.kind, given[index], signal));
    transfer.failed.catch((reason: unknown) => ours.abort(reason));
    transfers.push(transfer);
    values.push(encodeValue(transfer.handle, arg.name));
  }
  const held = stack.move();
  const either = transfers.length > 0 ? AbortSignal.any([signal, ours.signal]) : signal;
  return {
    values,
    signal: either,
    finish: async () => {
      const arrived = Promise.all(transfers.map((transfer) => transfer.finish()));
      if (transfers.length > 0) await raceSignal(arrived, either);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const listOf = (given: unknown) => (given ?? []) as readonly unknown[]; // SAFE: Client's type says so of a rest

function openTransfer(
  callee: Callee,
  kind: 'source' | 'sink',
  given: unknown,
  signal: AbortSignal,
): Promise<Transfer> {
  // SAFE: Client's type says so of an argument of this kind
  return kind === 'source'
    ? openSource(callee, given as Source, signal)
    : openSink(callee, given as Sink, signal);
}
