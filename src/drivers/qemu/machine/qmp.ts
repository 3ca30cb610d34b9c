import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import {
  DeviceError,
  type Duration,
  ProtocolError,
  raceSignal,
  startDeadline,
  UnsupportedError,
  type WaitOptions,
} from '../../../core/index.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseQmpMessage, type QmpEvent, type QmpMessage, type QmpRefusal } from './qmp-message.ts';

/** The longest that QEMU may take for one command: on a loaded host its main loop may be kept waiting for the disk. */
const PATIENCE: Duration = '60s';

/** Who listens to a QMP connection. */
export interface QmpListener {
  /** Each event, in QEMU's order, before the answer to any later command. */
  readonly onEvent?: (event: QmpEvent) => void;
  /** Every line in either direction, for the record. */
  readonly onLine?: (direction: 'sent' | 'received', line: string) => void;
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens the control connection of a QEMU: waits for its greeting and agrees on capabilities.
 *
 * @throws ProtocolError when the other side does not speak QMP; DeviceError when it hangs up; DeadlineError when it is silent.
 */
export async function openQmp(
  connection: Duplex,
  listener: QmpListener = {},
  options: WaitOptions = {},
): Promise<Qmp> {
  const qmp = new Qmp(connection, listener);
  try {
    const { signal, timeout = PATIENCE } = options;
    const waitingFor = 'the QMP greeting of QEMU';
    using deadline = startDeadline({ signal, timeout }, { operation: 'QMP', waitingFor, fault: 'lab' });
    // At once, as QEMU reads it when it has greeted us: a round trip less.
    const agreed = qmp.execute('qmp_capabilities', {}, options);
    agreed.catch(() => undefined);
    await raceSignal(qmp.greeted, deadline.signal);
    await agreed;
    return qmp;
  } catch (error) {
    qmp[Symbol.dispose]();
    throw error;
  }
}

/** The control connection of one QEMU, open as long as that lives. Commands may overlap; QEMU answers them in order. */
export class Qmp implements Disposable {
  /** Resolves with QEMU's version when it has greeted us. */
  readonly greeted: Promise<string>;
  /** Resolves with the reason when nothing more can be said. */
  readonly closed: Promise<Error>;
  readonly #connection: Duplex;
  readonly #listener: QmpListener;
  readonly #pending = new Map<number, Pending>();
  readonly #greeting = Promise.withResolvers<string>();
  readonly #end = Promise.withResolvers<Error>();
  #lost: Error | undefined;
  #lastId = 0;

  constructor(connection: Duplex, listener: QmpListener) {
    this.#connection = connection;
    this.#listener = listener;
    this.greeted = this.#greeting.promise;
    this.greeted.catch(() => undefined);
    this.closed = this.#end.promise;
    const lines = new LineSplitter();
    connection.on('data', (chunk: Uint8Array) =>
      this.#attempt(() => {
        for (const line of lines.push(chunk)) this.#hear(line);
      }),
    );
    connection.on('error', (cause) => this.#lose(hungUp(cause)));
    connection.on('close', () => this.#lose(hungUp()));
  }

  /**
   * Runs a command and resolves with what QEMU returns.
   *
   * @throws UnsupportedError when QEMU has no such command; DeviceError when it refuses, or hangs up before it answers;
   * DeadlineError when it does neither.
   */
  async execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    options: WaitOptions = {},
  ): Promise<unknown> {
    const { signal, timeout = PATIENCE } = options;
    signal?.throwIfAborted();
    if (this.#lost) throw this.#lost;
    const waitingFor = `QEMU's answer to ${command}`;
    using deadline = startDeadline({ signal, timeout }, { operation: 'QMP', waitingFor, fault: 'device' });
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve, reject });
    const line = JSON.stringify({ execute: command, arguments: args, id });
    this.#listener.onLine?.('sent', line);
    this.#connection.write(`${line}\n`);
    return await raceSignal(promise, deadline.signal);
  }

  /** As `execute`, with the answer checked. @throws ProtocolError when it is not as `schema` says. */
  async query<S extends z.ZodType>(
    command: string,
    schema: S,
    args: Readonly<Record<string, unknown>> = {},
    options: WaitOptions = {},
  ): Promise<z.output<S>> {
    const value = await this.execute(command, args, options);
    const { success, data, error } = schema.safeParse(value);
    if (success) return data;
    const answer = JSON.stringify(value).slice(0, 500);
    const fields = { peer: 'QEMU', sent: command, answer };
    throw new ProtocolError(`QEMU answered ${command} with something unforeseen: ${answer}`, fields, {
      cause: error,
    });
  }

  /** A command of the human monitor, for what QMP lacks. Failures are text in the answer. */
  async human(commandLine: string, options: WaitOptions = {}): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': commandLine }, options));
  }

  /** Hangs up. QEMU itself goes on. */
  [Symbol.dispose](): void {
    this.#lose(hungUp());
  }

  #hear(line: string): void {
    this.#listener.onLine?.('received', line);
    const message = parseQmpMessage(line);
    if (message.kind === 'event') this.#listener.onEvent?.(message.event);
    else if (message.kind === 'greeting') this.#greeting.resolve(message.version);
    else this.#answer(message, line);
  }

  #answer(message: Extract<QmpMessage, { kind: 'return' | 'refusal' }>, line: string): void {
    const { id } = message;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || id > this.#lastId) {
      const fields = { peer: 'QEMU', answer: line.slice(0, 500) };
      throw new ProtocolError(`QEMU answered what nobody had asked: ${fields.answer}`, fields);
    }
    this.#pending.delete(id);
    if (message.kind === 'return') pending?.resolve(message.value);
    else pending?.reject(refused(pending.command, message.error));
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#lose(error as Error); // SAFE: parsing throws errors only
    }
  }

  #lose(reason: Error): void {
    if (this.#lost) return;
    this.#lost = reason;
    this.#greeting.reject(reason);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#connection.destroy();
    this.#end.resolve(reason);
  }
}

const HUNG_UP = 'qmp-closed';

/** Whether `error` says only that QEMU hung up: the reason is in how its process ended. */
export function isHangUp(error: unknown): boolean {
  return error instanceof DeviceError && error.event === HUNG_UP;
}

function hungUp(cause?: Error): DeviceError {
  return new DeviceError('QEMU closed its control connection', { event: HUNG_UP, tail: '' }, { cause });
}

function refused(command: string, { class: kind, desc }: QmpRefusal): Error {
  const message = `QEMU refused ${command}: ${desc}`;
  if (kind === 'CommandNotFound')
    return new UnsupportedError(message, { capability: command, available: [] });
  return new DeviceError(message, { event: kind, tail: '' });
}
