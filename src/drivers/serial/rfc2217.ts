import { raceSignal, startDeadline, UnreachableError } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import { ChunkQueue, connectSocket, networkUrl } from '../std/index.ts';
import {
  ANSWER,
  ComPort,
  type ComPortSetting,
  lineSetting,
  NO_FLOW_CONTROL,
  portSettings,
  request,
} from './com-port.ts';
import type { Line, OpenPort, PortSettings } from './port.ts';
import type { Rfc2217Address } from './serial-url.ts';
import { escapeTelnet, Option, type TelnetItem, TelnetParser } from './telnet.ts';
import { TelnetOptions } from './telnet-options.ts';

/** What waits for its reader before the server has to wait: bytes. */
const WAITING = 64 * 1024;

/** A setting whose answer has not come. */
interface Pending extends PromiseWithResolvers<void> {
  readonly setting: ComPortSetting;
}

/**
 * Opens a port of a terminal server, and sets it up.
 *
 * @throws UnreachableError when there is no such server, or it does not do what is asked; DeadlineError when it does not answer.
 */
export async function openRfc2217(
  address: Rfc2217Address,
  { baudrate }: PortSettings,
  signal: AbortSignal,
): Promise<OpenPort> {
  const { host, port } = address;
  const target = networkUrl('rfc2217', host, port);
  const opened = new Rfc2217Port(await connectSocket({ host, port }, target, signal), address, target);
  try {
    await opened.setUp(baudrate, signal);
    return opened;
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

class Rfc2217Port implements OpenPort {
  readonly #channel: ByteChannel;
  readonly #address: Rfc2217Address;
  readonly #target: string;
  readonly #options = new TelnetOptions();
  readonly #incoming = new ChunkQueue();
  readonly #accepted = Promise.withResolvers<void>();
  #pending: Pending[] = [];
  /** Lets reading go on. */
  #wanted = Promise.withResolvers<void>();
  /** While the server wants nothing: resolves when it does again. */
  #suspended: PromiseWithResolvers<void> | undefined;

  constructor(channel: ByteChannel, address: Rfc2217Address, target: string) {
    this.#channel = channel;
    this.#address = address;
    this.#target = target;
    this.#accepted.promise.catch(() => undefined); // Not everyone has come to wait for it.
    void this.#pump();
  }

  async setUp(baudrate: number, signal: AbortSignal): Promise<void> {
    const { comPort, binary, suppressGoAhead } = Option;
    await this.#within(signal, 'to speak RFC 2217', async () => {
      const asked = [
        this.#options.ask('will', comPort),
        this.#options.ask('will', binary),
        this.#options.ask('do', binary),
        this.#options.ask('will', suppressGoAhead),
        this.#options.ask('do', suppressGoAhead),
      ];
      await this.#channel.write(Buffer.concat(asked));
      await this.#accepted.promise;
    });
    const settings = portSettings(baudrate);
    await this.#within(signal, 'to set its port up', () =>
      Promise.all(settings.map((one) => this.#ask(one))),
    );
    await this.#channel.write(request(NO_FLOW_CONTROL));
  }

  async set(line: Line, value: boolean): Promise<void> {
    const setting = lineSetting(line, value);
    if (!this.#address.confirmsControl) return this.#channel.write(request(setting));
    const never = new AbortController().signal;
    await this.#within(never, `to set ${setting.what}`, () => this.#ask(setting));
  }

  async write(chunk: Uint8Array): Promise<void> {
    while (this.#suspended) await this.#suspended.promise;
    await this.#channel.write(escapeTelnet(chunk));
  }

  async end(): Promise<void> {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#incoming.read(() => this.#wanted.resolve());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish();
    await this.#channel[Symbol.asyncDispose]();
  }

  async #pump(): Promise<void> {
    const parser = new TelnetParser();
    try {
      for await (const chunk of this.#channel) {
        for (const item of parser.push(chunk)) await this.#take(item);
        // Answers come in the same stream: who waits for one reads on.
        while (this.#incoming.unread >= WAITING && this.#pending.length === 0) {
          this.#wanted = Promise.withResolvers();
          await this.#wanted.promise;
        }
      }
      this.#finish();
    } catch (error) {
      this.#finish(error);
    }
  }

  async #take(item: TelnetItem): Promise<void> {
    if (item.kind === 'data') this.#incoming.push(item.bytes);
    else if (item.kind === 'subnegotiation') this.#hear(item.option, item.bytes);
    else {
      const answer = this.#options.hear(item.verb, item.option);
      if (answer) await this.#channel.write(answer);
      const state = this.#options.ours(Option.comPort);
      if (state === 'on') this.#accepted.resolve();
      if (state === 'off') this.#accepted.reject(this.#problem('the server does not speak RFC 2217'));
    }
  }

  #hear(option: number, [command = 0, ...value]: Uint8Array): void {
    if (option !== Option.comPort) return;
    // Some servers send these two as their clients do.
    if (command === ComPort.suspend || command === ComPort.suspend + ANSWER)
      this.#suspended ??= Promise.withResolvers();
    else if (command === ComPort.resume || command === ComPort.resume + ANSWER) this.#goOn();
    else this.#settle(command - ANSWER, value);
  }

  #settle(command: number, value: readonly number[]): void {
    const says = (setting: ComPortSetting) => setting.value.every((byte, index) => byte === value[index]);
    for (const pending of this.#pending.filter(({ setting }) => setting.command === command)) {
      const { setting } = pending;
      if (says(setting)) pending.resolve();
      // Of all that is set by `control`, another answer may be to another request.
      else if (command !== ComPort.control) pending.reject(this.#refused(setting, value));
      else continue;
      this.#pending = this.#pending.filter((one) => one !== pending);
    }
  }

  #refused({ command, what }: ComPortSetting, value: readonly number[]): UnreachableError {
    const number = value.reduce((sum, byte) => sum * 256 + byte, 0);
    const said = command === ComPort.baudrate ? `; its own is ${number}` : '';
    return this.#problem(`the server does not do ${what}${said}`);
  }

  #ask(setting: ComPortSetting): Promise<void> {
    const pending = { setting, ...Promise.withResolvers<void>() };
    this.#pending.push(pending);
    this.#wanted.resolve();
    return Promise.all([this.#channel.write(request(setting)), pending.promise]).then(() => undefined);
  }

  async #within(signal: AbortSignal, what: string, act: () => Promise<unknown>): Promise<void> {
    const purpose = { operation: 'serial', waitingFor: `${this.#target} ${what}`, fault: 'lab' } as const;
    using deadline = startDeadline({ signal, timeout: this.#address.patience }, purpose);
    try {
      await raceSignal(act(), deadline.signal);
    } finally {
      for (const pending of this.#pending) pending.promise.catch(() => undefined);
    }
  }

  /** Ends what waits for the server, which says nothing more. */
  #finish(reason?: unknown): void {
    this.#incoming.end(reason);
    const closed = reason ?? this.#problem('the server has closed the connection');
    this.#accepted.reject(closed);
    for (const pending of this.#pending) pending.reject(closed);
    this.#pending = [];
    this.#wanted.resolve();
    this.#goOn();
  }

  #goOn(): void {
    this.#suspended?.resolve();
    this.#suspended = undefined;
  }

  #problem(why: string): UnreachableError {
    return new UnreachableError(`${this.#target}: ${why}`, { target: this.#target });
  }
}
