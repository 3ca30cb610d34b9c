import { MeteredPower, type PowerReading } from '../../interfaces/index.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakePowerOptions {
  readonly fail?: Failures<typeof MeteredPower>;
  /** What `read` tells; then it ends. */
  readonly readings?: readonly PowerReading[];
}

/** A switch that knows its position. */
export class FakePowerDevice extends FakeDevice<typeof MeteredPower> {
  isOn = false;
}

/** A power switch with a meter that reads 0 V, 0 A and then 5 V, 2 A. */
export function fakePower(options: FakePowerOptions = {}): Fake<typeof MeteredPower, FakePowerDevice> {
  const device = new FakePowerDevice('fake-power', options.fail);
  const readings = options.readings ?? [
    { voltage: 0, current: 0 },
    { voltage: 5, current: 2 },
  ];
  const turn = async (isOn: boolean) => {
    device.isOn = isOn;
    return null;
  };
  return defineFake({
    name: 'fake-power',
    interface: MeteredPower,
    device,
    open: () => ({
      on: () => turn(true),
      off: () => turn(false),
      async *read({ signal }) {
        for (const reading of readings) {
          signal.throwIfAborted();
          yield reading;
        }
      },
    }),
  });
}
