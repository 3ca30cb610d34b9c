import { Network } from '../../interfaces/index.ts';
import { type Counterpart, connectTo, echo } from './counterpart.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakeNetworkOptions {
  readonly fail?: Failures<typeof Network>;
  /** What answers on each connection; an echo by default. */
  readonly serve?: Counterpart;
}

/** A network endpoint that is a function of the test. */
export function fakeNetwork(
  options: FakeNetworkOptions = {},
): Fake<typeof Network, FakeDevice<typeof Network>> {
  return defineFake({
    name: 'fake-network',
    interface: Network,
    device: new FakeDevice('fake-network', options.fail),
    open: () => ({ connect: async () => connectTo(options.serve ?? echo) }),
  });
}
