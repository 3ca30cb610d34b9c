import { type ByteChannel, Serial } from '../../interfaces/index.ts';
import { type Counterpart, connectTo, echo } from './counterpart.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakeSerialOptions {
  readonly fail?: Failures<typeof Serial>;
  /** What is at the other end of the line; a loop by default, as pyserial's `loop://`. */
  readonly device?: Counterpart;
}

/** A serial port, with the levels of its control lines. */
export class FakeSerialDevice extends FakeDevice<typeof Serial> {
  dtr = false;
  rts = false;
}

/** A serial port whose streams each have a line of their own. */
export function fakeSerial(options: FakeSerialOptions = {}): Fake<typeof Serial, FakeSerialDevice> {
  const device = new FakeSerialDevice('fake-serial', options.fail);
  const lines = new Set<ByteChannel>();
  const play: Counterpart = async (line) => {
    lines.add(line);
    await (options.device ?? echo)(line).finally(() => lines.delete(line));
  };
  return defineFake({
    name: 'fake-serial',
    interface: Serial,
    device,
    open: () => ({
      connect: async () => connectTo(play),
      close: async () => {
        await Promise.all([...lines].map((line) => line[Symbol.asyncDispose]()));
        return null;
      },
      setDtr: async (value) => {
        device.dtr = value;
        return null;
      },
      setRts: async (value) => {
        device.rts = value;
        return null;
      },
    }),
  });
}
