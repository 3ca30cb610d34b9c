import { BusyError } from '../../core/index.ts';
import { Console } from '../../interfaces/index.ts';
import { ConsoleRecording } from './console-recording.ts';
import { ConsoleStream, type ConsoleWriter } from './console-stream.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakeConsoleOptions {
  readonly fail?: Failures<typeof Console>;
  /** Printed at each power-on: `'login: '`. */
  readonly greeting?: string;
  /** Whether what is typed is printed, as a terminal does. True by default. */
  readonly echo?: boolean;
  /** What is printed after a line was typed. */
  readonly answer?: (line: string) => string | undefined;
}

const CR = 13;
const LF = 10;
const NEW_LINE = Buffer.from('\r\n');

/** A console: what it has printed, what was typed on it, and who may type. */
export class FakeConsoleDevice extends FakeDevice<typeof Console> {
  readonly recording = new ConsoleRecording();
  /** Every stream that is open now. */
  readonly streams = new Set<ConsoleStream>();
  writer: ConsoleWriter | undefined;
  readonly #options: FakeConsoleOptions;
  readonly #line: number[] = [];
  #typed = Buffer.alloc(0);

  constructor(options: FakeConsoleOptions) {
    super('fake-console', options.fail);
    this.#options = options;
  }

  /** Everything that was typed so far. */
  get typed(): string {
    return this.#typed.toString();
  }

  /** What the device says by itself. */
  print(text: string): void {
    this.recording.append(Buffer.from(text));
  }

  /** Starts another boot, with the greeting. */
  powerOn(): void {
    this.recording.markBoot();
    if (this.#options.greeting) this.print(this.#options.greeting);
  }

  /** What a stream does when it writes. */
  type(chunk: Uint8Array): void {
    this.#typed = Buffer.concat([this.#typed, chunk]);
    for (const byte of chunk) {
      const isEnter = byte === CR || byte === LF;
      if (this.#options.echo ?? true) this.recording.append(isEnter ? NEW_LINE : Buffer.of(byte));
      if (isEnter) this.#answerLine();
      else this.#line.push(byte);
    }
  }

  /** Gives the turn to write to `candidate`. @throws BusyError when another has it. */
  claimTurn(candidate: ConsoleWriter): void {
    this.writer ??= candidate;
    const { stream, holder, since } = this.writer;
    if (stream === candidate.stream) return;
    throw new BusyError(`console: ${holder} is typing since ${since}`, { holder, since });
  }

  #answerLine(): void {
    const line = Buffer.from(this.#line.splice(0)).toString();
    const answer = this.#options.answer?.(line);
    if (answer !== undefined) this.print(answer);
  }
}

/** A console that prints what it is told to, and answers the lines that are typed. */
export function fakeConsole(options: FakeConsoleOptions = {}): Fake<typeof Console, FakeConsoleDevice> {
  const device = new FakeConsoleDevice(options);
  device.powerOn();
  return defineFake({
    name: 'fake-console',
    interface: Console,
    device,
    open: () => ({
      connect: async ({ from, takeOver, counts }, { peer }) => {
        const stream = new ConsoleStream(device, from, peer.name, counts);
        if (takeOver) device.writer = stream.asWriter();
        device.streams.add(stream);
        return stream;
      },
      close: async () => {
        await Promise.all([...device.streams].map((stream) => stream[Symbol.asyncDispose]()));
        return null;
      },
      status: async () => ({
        offset: device.recording.length,
        oldest: 0,
        boot: device.recording.boot,
        next: device.recording.next,
        writer: device.writer?.holder ?? null,
        transcript: null,
      }),
    }),
  });
}
