import type { Duplex } from 'node:stream';
import type { JsonValue } from '@bufbuild/protobuf';
import type { Value } from '@bufbuild/protobuf/wkt';
import { isDutError, UnreachableError } from '../../core/index.ts';
import { fromGrpcError } from '../errors.ts';
import { ExporterService } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';
import {
  type Channel,
  createChannel,
  type FrameCall,
  GrpcError,
  type Metadata,
  Status,
  type Target,
} from '../grpc/index.ts';
import { openSocket } from '../grpc/target.ts';
import type { ReportNode } from '../report.ts';
import { Key } from '../wire.ts';
import type { Callee } from './callee.ts';

/** Who the peer is, and what it lets us in by. */
export interface LinkOptions {
  /** What errors call the peer. */
  readonly name: string;
  readonly passphrase?: string | undefined;
  /** Proves to a session of our own process that we are in it. */
  readonly localToken?: string | undefined;
}

const LOST = 'lost; what is there now may be another session: connect again';

/**
 * A way to an exporter: every request carries what lets us in, and every failure leaves as an error of ours.
 *
 * It is one connection, made with the first request. When that is lost, all that is under way ends at once with an
 * UnreachableError, and so does all that is asked later: whoever answers at the same address may be another session.
 */
export class Link implements AsyncDisposable {
  readonly name: string;
  readonly #channel: Channel;
  readonly #metadata: Metadata;
  readonly #lost = new AbortController();
  readonly #closing = new AbortController();
  #isUsed = false;
  #lastSeen: Date | undefined;

  constructor(target: Target, { name, passphrase, localToken }: LinkOptions) {
    this.name = name;
    this.#channel = createChannel({ ...target, name, duplex: () => this.#connect(target) });
    this.#metadata = {
      ...(passphrase !== undefined && { [Key.passphrase]: passphrase }),
      ...(localToken !== undefined && { [Key.local]: localToken }),
    };
  }

  /** Aborts when the connection is no more, with the UnreachableError that says so. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Runs `request` on the channel. @throws a DutError for what the peer or the connection did */
  async ask<T>(
    operation: string,
    request: (channel: Channel, metadata: Metadata) => Promise<T>,
    node?: ReportNode,
  ): Promise<T> {
    this.lost.throwIfAborted();
    try {
      const answer = await request(this.#channel, this.#metadata);
      this.#lastSeen = new Date();
      return answer;
    } catch (error) {
      throw this.translate(error, operation, node);
    }
  }

  /** Iterates what `request` answers. @throws as `ask` does */
  async *listen<T>(
    operation: string,
    request: (channel: Channel, metadata: Metadata) => AsyncIterable<T>,
    node?: ReportNode,
  ): AsyncGenerator<T, void, undefined> {
    this.lost.throwIfAborted();
    try {
      for await (const item of request(this.#channel, this.#metadata)) {
        this.#lastSeen = new Date();
        yield item;
      }
    } catch (error) {
      throw this.translate(error, operation, node);
    }
  }

  /** Calls a driver's method that answers once. */
  async call(
    { node, method, operation }: Callee,
    args: readonly Value[],
    signal: AbortSignal,
  ): Promise<Value | undefined> {
    const request = { uuid: node.uuid, method, args: [...args] };
    const send = (channel: Channel, metadata: Metadata) =>
      channel.unary(ExporterService.method.driverCall, request, { signal, metadata });
    return (await this.ask(operation, send, node)).result;
  }

  /** Calls a driver's method that answers any number of times. */
  async *stream(
    { node, method, operation }: Callee,
    args: readonly Value[],
    signal: AbortSignal,
  ): AsyncGenerator<Value | undefined, void, undefined> {
    const request = { uuid: node.uuid, method, args: [...args] };
    const send = (channel: Channel, metadata: Metadata) =>
      channel.serverStream(ExporterService.method.streamingDriverCall, request, { signal, metadata });
    for await (const { result } of this.listen(operation, send, node)) yield result;
  }

  /**
   * Opens a stream and waits until the exporter has opened its side; `signal` ends the waiting, and the stream with it
   * while there is none.
   */
  async openFrames(
    operation: string,
    request: JsonValue,
    { signal, options }: { readonly signal: AbortSignal; readonly options?: JsonValue | undefined },
    node?: ReportNode,
  ): Promise<{ readonly frames: FrameCall; readonly headers: Metadata }> {
    const extra = {
      [Key.request]: asciiJson(request),
      ...(options !== undefined && { [Key.options]: asciiJson(options) }),
    };
    const open = async (channel: Channel, metadata: Metadata) => {
      const frames = await channel.openFrames({ signal, metadata: { ...metadata, ...extra } });
      return { frames, headers: await frames.headers };
    };
    return await this.ask(operation, open, node);
  }

  /** `error` as an error of ours. What is none of gRPC's (the reason of a signal) stays as it is. */
  translate(error: unknown, operation: string, node?: ReportNode): unknown {
    if (!(error instanceof GrpcError) || isDutError(error)) return error;
    const available = Object.keys(node?.methods ?? {});
    const lastSeen = this.#lastSeen?.toISOString();
    return fromGrpcError(this.#explained(error), { operation, target: this.name, lastSeen, available });
  }

  /** The peer does not tell a wrong passphrase from none. */
  #explained(error: GrpcError): GrpcError {
    if (error.code !== Status.UNAUTHENTICATED || this.#metadata[Key.passphrase] !== undefined) return error;
    const { metadata } = error;
    return new GrpcError(error.code, `${error.details}; none was given`, { metadata, cause: error });
  }

  /** Ends the connection; what is under way ends with an UnreachableError. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#lost.abort(this.#loss('closed'));
    await this.#channel.close();
  }

  async #connect(target: Target): Promise<Duplex> {
    if (this.#isUsed) throw new Error('the first connection was lost');
    this.#isUsed = true;
    const socket = await openSocket(target, this.#closing.signal);
    socket.once('close', () => this.#lost.abort(this.#loss(LOST)));
    return socket;
  }

  #loss(how: string): UnreachableError {
    const { name: target } = this;
    const lastSeen = this.#lastSeen?.toISOString();
    const message = `the connection to ${target} was ${how}`;
    return new UnreachableError(message, { target, ...(lastSeen && { lastSeen }) });
  }
}

/** True for the ways in which an exporter ends a stream that has been carried to its end. */
export function isNormalEnd(error: unknown): boolean {
  return error instanceof GrpcError && (error.code === Status.ABORTED || error.code === Status.CANCELLED)
    ? error.metadata[Key.error] === undefined
    : false;
}

/** `value` as JSON that can be metadata: printable ASCII. */
function asciiJson(value: JsonValue): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
