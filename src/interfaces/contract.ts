import type { z } from 'zod';
import type { WaitOptions } from '../core/index.ts';
import type { ByteChannel, Sink, Source } from './bytes.ts';

/** A positional argument of a method: its name for people, and the schema of its value. */
export interface ValueArg<S extends z.ZodType = z.ZodType> {
  readonly kind: 'value';
  readonly name: string;
  readonly schema: S;
}
export interface SourceArg {
  readonly kind: 'source';
  readonly name: string;
}
export interface SinkArg {
  readonly kind: 'sink';
  readonly name: string;
}
/** All values that follow, each of this schema: one list here, one argument each on the wire. It comes last. */
export interface RestArg<S extends z.ZodType = z.ZodType> {
  readonly kind: 'rest';
  readonly name: string;
  readonly schema: S;
}
export type Arg = ValueArg | SourceArg | SinkArg | RestArg;

/** A call with one answer. */
export interface CallMethod<A extends readonly Arg[] = readonly Arg[], R extends z.ZodType = z.ZodType> {
  readonly kind: 'call';
  readonly help: string;
  readonly args: A;
  readonly returns: R;
  /** Calling it twice does the same as calling it once. */
  readonly idempotent: boolean;
}
/** A call with any number of answers. */
export interface StreamMethod<A extends readonly Arg[] = readonly Arg[], R extends z.ZodType = z.ZodType> {
  readonly kind: 'stream';
  readonly help: string;
  readonly args: A;
  readonly returns: R;
}
/** A raw byte stream to the device. `options` is ours; a peer that does not know it, sends none. */
export interface ChannelMethod<O extends z.ZodType = z.ZodType> {
  readonly kind: 'channel';
  readonly help: string;
  readonly options: O | undefined;
  /** `messages`: each chunk is one message for itself, also an empty one, and arrives as it was sent. */
  readonly carries: 'bytes' | 'messages';
}
export type Method = CallMethod | StreamMethod | ChannelMethod;
export type Methods = Readonly<Record<string, Method>>;

/** What a capability is: the methods that every driver of it has, and how it is announced. */
export interface Interface<Id extends string = string, M extends Methods = Methods> {
  /** Our own id, announced as the label `jumplead.dev/interface`. */
  readonly id: Id;
  /** The Python class that stock clients use for it, announced as the label `jumpstarter.dev/client`. */
  readonly pythonClient: string;
  /** Jumpstarter's `driver_type`, which it writes into its logs. */
  readonly category: Category;
  readonly methods: M;
}
export type Category = 'power' | 'network' | 'storage' | 'serial' | 'video' | 'composite' | 'shell' | 'other';

/** Defines a capability. Method names are camelCase here and snake_case on the wire (`getHostname`: `get_hostname`). */
export function defineInterface<const Id extends string, const M extends Methods>(
  id: Id,
  about: { readonly pythonClient: string; readonly category: Category },
  methods: M,
): Interface<Id, M> {
  return { id, ...about, methods };
}

/** The name of a method on the wire. */
export function wireName(method: string): string {
  return method.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function arg<S extends z.ZodType>(name: string, schema: S): ValueArg<S> {
  return { kind: 'value', name, schema };
}
/** The values after the other arguments. */
export function rest<S extends z.ZodType>(name: string, schema: S): RestArg<S> {
  return { kind: 'rest', name, schema };
}
export function source(name: string): SourceArg {
  return { kind: 'source', name };
}
export function sink(name: string): SinkArg {
  return { kind: 'sink', name };
}

export function call<R extends z.ZodType>(help: string, shape: CallShape<[], R>): CallMethod<[], R>;
export function call<const A extends readonly Arg[], R extends z.ZodType>(
  help: string,
  shape: CallShape<A, R> & { readonly args: A },
): CallMethod<A, R>;
export function call(help: string, shape: CallShape<readonly Arg[], z.ZodType>): CallMethod {
  return {
    kind: 'call',
    help,
    args: shape.args ?? [],
    returns: shape.returns,
    idempotent: shape.idempotent ?? false,
  };
}
interface CallShape<A, R> {
  readonly args?: A;
  readonly returns: R;
  readonly idempotent?: boolean;
}
export function stream<R extends z.ZodType>(help: string, shape: StreamShape<[], R>): StreamMethod<[], R>;
export function stream<const A extends readonly Arg[], R extends z.ZodType>(
  help: string,
  shape: StreamShape<A, R> & { readonly args: A },
): StreamMethod<A, R>;
export function stream(help: string, shape: StreamShape<readonly Arg[], z.ZodType>): StreamMethod {
  return { kind: 'stream', help, args: shape.args ?? [], returns: shape.returns };
}
interface StreamShape<A, R> {
  readonly args?: A;
  readonly returns: R;
}
export function channel(help: string): ChannelMethod<never>;
export function channel<O extends z.ZodType>(help: string, options: O): ChannelMethod<O>;
export function channel(help: string, options?: z.ZodType): ChannelMethod {
  return { kind: 'channel', help, options, carries: 'bytes' };
}
/** A channel whose chunks are messages, such as datagrams. */
export function messages(help: string): ChannelMethod<never> {
  return { kind: 'channel', help, options: undefined, carries: 'messages' };
}

type ClientArg<A> =
  A extends ValueArg<infer S>
    ? z.input<S>
    : A extends RestArg<infer S>
      ? readonly z.input<S>[]
      : A extends SourceArg
        ? Source
        : A extends SinkArg
          ? Sink
          : never;
type HandlerArg<A> =
  A extends ValueArg<infer S>
    ? z.output<S>
    : A extends RestArg<infer S>
      ? readonly z.output<S>[]
      : A extends SourceArg
        ? Source
        : A extends SinkArg
          ? Sink
          : never;

/** Arguments as a tuple; those whose schema takes `undefined` may be left out at the end. */
type ClientArgs<A extends readonly Arg[]> = A extends readonly [
  ...infer Init extends readonly Arg[],
  infer Last,
]
  ? undefined extends ClientArg<Last>
    ? [...ClientArgs<Init>, ClientArg<Last>?]
    : [...{ [K in keyof Init]: ClientArg<Init[K]> }, ClientArg<Last>]
  : [];
type HandlerArgs<A extends readonly Arg[]> = { -readonly [K in keyof A]: HandlerArg<A[K]> };

/** What every method of a client accepts after its own arguments. */
export type CallOptions = WaitOptions;

/** The calls of an interface, as its clients see them: the method's arguments, then options. */
export type Client<I extends Interface> = {
  readonly [K in keyof I['methods']]: ClientMethod<I['methods'][K]>;
};

export type ClientMethod<M> =
  M extends CallMethod<infer A, infer R>
    ? (...args: [...ClientArgs<A>, CallOptions?]) => Promise<z.output<R>>
    : M extends StreamMethod<infer A, infer R>
      ? (...args: [...ClientArgs<A>, CallOptions?]) => AsyncIterable<z.output<R>>
      : M extends ChannelMethod<infer O>
        ? (
            channel?: [O] extends [never] ? undefined : z.input<O>,
            options?: CallOptions,
          ) => Promise<ByteChannel>
        : never;

/** What a driver implements: every method of its interface, with the arguments validated, then the context. */
export type Handlers<I extends Interface, Context> = {
  readonly [K in keyof I['methods']]: Handler<I['methods'][K], Context>;
};

export type Handler<M, Context> =
  M extends CallMethod<infer A, infer R>
    ? (...args: [...HandlerArgs<A>, Context]) => Promise<z.input<R>>
    : M extends StreamMethod<infer A, infer R>
      ? (...args: [...HandlerArgs<A>, Context]) => AsyncIterable<z.input<R>>
      : M extends ChannelMethod<infer O>
        ? (options: [O] extends [never] ? undefined : z.output<O>, context: Context) => Promise<ByteChannel>
        : never;

/** A tree of interfaces: what a device has, and under which names. A driver is one; so is what `connect` expects. */
export interface Rig<I extends Interface = Interface, C extends RigChildren = RigChildren> {
  readonly interface: I;
  readonly children: C;
}
export interface RigChildren {
  readonly [name: string]: Rig;
}
