import { expect } from 'vitest';
import type {
  ByteChannel,
  CallOptions,
  Client,
  MessageNetwork,
  Network,
  TcpNetwork,
} from '../../src/interfaces/index.ts';
import { readAll } from '../drivers/open-driver.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Connect = Client<typeof Network>;
/** A network at whose other end there is an echo. */
export type NetworkSpecimen<C = Connect> = Specimen<C>;

/** Sends `text`, ends its own direction, and reads what comes back. */
async function exchange(channel: ByteChannel, text: string): Promise<string> {
  await channel.write(Buffer.from(text));
  await channel.end();
  return readAll(channel);
}

async function connectAndExchange(calls: Connect, options?: CallOptions): Promise<string> {
  await using channel = await calls.connect(undefined, options);
  return await exchange(channel, 'to the device and back');
}

/** What every driver of `network.v1` must do. */
export const networkChecks: readonly Check<NetworkSpecimen>[] = [
  ...methodChecksOf<Connect>()({
    method: 'connect',
    kind: 'channel',
    call: connectAndExchange,
    expect: (answer) => expect(answer).toBe('to the device and back'),
    together: 'shared',
    open: (calls) => calls.connect(),
  }),
  {
    name: 'keeps the streams of two clients apart',
    run: async (specimen) => {
      await using other = await specimen.secondClient();
      await using first = await specimen.calls.connect();
      await using second = await other.calls.connect();
      const answers = await Promise.all([exchange(first, 'one'), exchange(second, 'two')]);
      expect(answers).toEqual(['one', 'two']);
    },
  },
  {
    name: 'carries more than any buffer holds, in order',
    run: async ({ calls }) => {
      await using channel = await calls.connect();
      const chunks = Array.from({ length: 64 }, (_, index) => Buffer.alloc(64 * 1024, index));
      const writing = (async () => {
        for (const chunk of chunks) await channel.write(chunk);
        await channel.end();
      })();
      const received = Buffer.concat(await Array.fromAsync(channel));
      await writing;
      expect(received.equals(Buffer.concat(chunks))).toBe(true);
    },
  },
  {
    name: 'serves on after a client left in the middle of a stream',
    run: async (specimen) => {
      const other = await specimen.secondClient();
      const channel = await other.calls.connect();
      await channel.write(Buffer.from('half a'));
      await other[Symbol.asyncDispose]();
      expect(await connectAndExchange(specimen.calls)).toBe('to the device and back');
    },
  },
];

type Addressed = Client<typeof TcpNetwork>;

/** What every driver of `tcp-network.v1` must do. */
export const tcpNetworkChecks: readonly Check<NetworkSpecimen<Addressed>>[] = [
  ...networkChecks,
  ...methodChecksOf<Addressed>()({
    method: 'address',
    call: (calls, options) => calls.address(options),
    expect: (address) => expect(address).toMatch(/^tcp:\/\/(\[[0-9a-f:]+\]|[^[\]:]+):\d+$/),
    together: 'shared',
  }),
];

type Messages = Client<typeof MessageNetwork>;

/** Sends messages, and takes as many. */
async function exchangeMessages(channel: ByteChannel, sent: readonly Uint8Array[]): Promise<Buffer[]> {
  const received: Buffer[] = [];
  const incoming = channel[Symbol.asyncIterator]();
  for (const message of sent) {
    await channel.write(message);
    const { value } = await incoming.next();
    received.push(Buffer.from(value ?? 'the end'));
  }
  return received;
}

/** One that network and pipes would cut, one of the size of a page, one with nothing in it, one of a byte. */
const MESSAGES = [48_000, 4_096, 0, 1].map((size) => Buffer.alloc(size, 'm'));

async function connectAndExchangeMessages(calls: Messages, options?: CallOptions): Promise<string> {
  await using channel = await calls.connect(undefined, options);
  const [answer = ''] = await exchangeMessages(channel, [Buffer.from('there and back')]);
  return answer.toString();
}

/** What every driver of `message-network.v1` must do. */
export const messageNetworkChecks: readonly Check<Specimen<Messages>>[] = [
  ...methodChecksOf<Messages>()({
    method: 'connect',
    kind: 'channel',
    call: connectAndExchangeMessages,
    expect: (answer) => expect(answer).toBe('there and back'),
    together: 'shared',
    open: (calls) => calls.connect(),
  }),
  ...methodChecksOf<Messages>()({
    method: 'address',
    call: (calls, options) => calls.address(options),
    expect: (address) => expect(address).toMatch(/^(udp|ws):\/\/127\.0\.0\.1:\d+/),
    together: 'shared',
  }),
  {
    name: 'keeps each message as it is, also an empty one',
    run: async ({ calls }) => {
      await using channel = await calls.connect();
      const received = await exchangeMessages(channel, MESSAGES);
      expect(received.map(({ length }) => length)).toEqual(MESSAGES.map(({ length }) => length));
      expect(Buffer.concat(received).equals(Buffer.concat(MESSAGES))).toBe(true);
    },
  },
  {
    name: 'is over when its own direction ends',
    run: async ({ calls }) => {
      await using channel = await calls.connect();
      const [answer] = await exchangeMessages(channel, [Buffer.from('the last word')]);
      await channel.end();
      expect(String(answer)).toBe('the last word');
      expect(await Array.fromAsync(channel)).toEqual([]);
    },
  },
  {
    name: 'serves on after a client left in the middle of a stream',
    run: async (specimen) => {
      const other = await specimen.secondClient();
      const channel = await other.calls.connect();
      await channel.write(Buffer.from('half a'));
      await other[Symbol.asyncDispose]();
      expect(await connectAndExchangeMessages(specimen.calls)).toBe('there and back');
    },
  },
];

export const describeMessageNetwork = (title: string, open: OpenSpecimen<Specimen<Messages>>) =>
  describeChecks(title, messageNetworkChecks, open);

export const describeNetwork = (title: string, open: OpenSpecimen<NetworkSpecimen>) =>
  describeChecks(title, networkChecks, open);

export const describeTcpNetwork = (title: string, open: OpenSpecimen<NetworkSpecimen<Addressed>>) =>
  describeChecks(title, tcpNetworkChecks, open);
