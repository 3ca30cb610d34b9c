import { type ByteChannel, MessageNetwork } from '../../interfaces/index.ts';
import { ChunkQueue } from '../std/index.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakeMessageNetworkOptions {
  readonly fail?: Failures<typeof MessageNetwork>;
  /** What is answered to a message, if anything; an echo by default. */
  readonly answer?: (message: Uint8Array) => Uint8Array | undefined;
}

/** An endpoint of messages that is a function of the test. */
export function fakeMessageNetwork({
  fail,
  answer = (message) => message,
}: FakeMessageNetworkOptions = {}): Fake<typeof MessageNetwork, FakeDevice<typeof MessageNetwork>> {
  return defineFake({
    name: 'fake-message-network',
    interface: MessageNetwork,
    device: new FakeDevice('fake-message-network', fail),
    open: () => ({
      connect: async () => answeringChannel(answer),
      address: async () => 'udp://127.0.0.1:9',
    }),
  });
}

function answeringChannel(answer: (message: Uint8Array) => Uint8Array | undefined): ByteChannel {
  const incoming = new ChunkQueue();
  return {
    write: async (message) => {
      const said = answer(message);
      if (said) incoming.push(said);
    },
    end: async () => incoming.end(),
    [Symbol.asyncIterator]: () => incoming.read(),
    [Symbol.asyncDispose]: async () => incoming.end(),
  };
}
