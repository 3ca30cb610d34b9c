import { z } from 'zod';
import { defineDriver, group } from '../../src/driver/index.ts';
import {
  fakeFlasher,
  fakeMachine,
  fakeNetwork,
  fakePower,
  fakeVirtualPower,
} from '../../src/drivers/fake/index.ts';
import { echoNetwork, tcpNetwork } from '../../src/drivers/std/index.ts';
import { arg, type ByteChannel, call, defineInterface } from '../../src/interfaces/index.ts';
import { troubles } from './troubles.ts';

const Mirror = defineInterface(
  'mirror.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  { reflect: call('Answer with the argument', { args: [arg('value', z.json())], returns: z.json() }) },
);

const mirror = defineDriver({
  name: 'mirror',
  interface: Mirror,
  config: z.undefined(),
  open: () => ({ reflect: async (value) => value }),
});

/** Says how much it got, but only once that has ended. */
async function count(channel: ByteChannel): Promise<void> {
  let total = 0;
  for await (const chunk of channel) total += chunk.length;
  await channel.write(Buffer.from(`${total} bytes`));
}

/** A tree with something of everything, and its parts, to play with. */
export function servedTree(closedPort: number) {
  return group({
    power: fakePower({
      readings: [
        { voltage: 0, current: 0 },
        { voltage: 5, current: 2 },
      ],
    }),
    meter: fakePower(),
    occupied: fakeVirtualPower(),
    mirror: mirror(),
    echo: echoNetwork(),
    counter: fakeNetwork({ serve: count }),
    nobody: tcpNetwork({ host: '127.0.0.1', port: closedPort }),
    flasher: fakeFlasher(),
    machine: fakeMachine(),
    troubles: troubles(),
  });
}
