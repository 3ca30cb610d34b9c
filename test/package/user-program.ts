/**
 * What somebody writes who has installed the package: a driver with an interface of its own, served and used beside the
 * ones that come with it. It ends with a line of JSON that says what it saw.
 */
import { connect, defineRig, isDutError, type RemoteNode, registerHandle, serve, sessionOf } from 'jumplead';
import { defineDriver, group } from 'jumplead/driver';
import { echoNetwork } from 'jumplead/drivers';
import { openSession } from 'jumplead/exporter';
import { fakeMachine, fakePower } from 'jumplead/fake';
import { IMAGE_NAMES } from 'jumplead/images';
import { arg, call, defineInterface, MeteredPower } from 'jumplead/interfaces';
import { qemu } from 'jumplead/qemu';
import { z } from 'zod';

const Dimmer = defineInterface(
  'dimmer.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  {
    set: call('Set the brightness', { args: [arg('percent', z.int().min(0).max(100))], returns: z.null() }),
    get: call('The brightness', { returns: z.int(), idempotent: true }),
  },
);

interface DimmerHandle {
  fade(): Promise<number>;
}
declare module 'jumplead' {
  interface HandleTypes {
    'dimmer.v1': DimmerHandle;
  }
}
registerHandle(Dimmer, ({ calls }) => ({
  fade: async () => {
    await calls.set(0);
    return await calls.get();
  },
}));

const dimmer = defineDriver({
  name: 'dimmer',
  interface: Dimmer,
  config: z.strictObject({ brightness: z.int() }),
  open: ({ brightness }) => {
    let now = brightness;
    return {
      set: async (percent) => {
        now = percent;
        return null;
      },
      get: async () => now,
    };
  },
});

const lamp = group({ power: fakePower(), dimmer: dimmer({ brightness: 70 }), echo: echoNetwork() });
await using tree = await serve(lamp);

await tree.power.on();
const readings: number[] = [];
for await (const { voltage } of tree.power.read()) readings.push(voltage);

await using again = await connect(sessionOf(tree).target, defineRig({ power: MeteredPower, dimmer: Dimmer }));
const node: RemoteNode<typeof Dimmer> | undefined = sessionOf(again).node('dimmer', Dimmer);
const mistake: unknown = await node?.calls.set(101).catch((error: unknown) => error);

await using channel = await tree.echo.connect();
await channel.write(new TextEncoder().encode('echo'));
await channel.end();
const echoed: Uint8Array[] = [];
for await (const chunk of channel) echoed.push(chunk);

await using machine = await serve(fakeMachine());
await machine.power.on();

await using session = await openSession(fakePower());

console.log(
  JSON.stringify({
    on: lamp.children.power.device.isOn,
    readings,
    faded: await again.dimmer.fade(),
    mistake: isDutError(mistake) && mistake.code,
    echoed: Buffer.concat(echoed).toString(),
    machine: await machine.power.state(),
    session: typeof session.socket,
    images: IMAGE_NAMES.length > 0,
    qemu: qemu({ arch: 'aarch64', memory: '512MiB' }).name,
  }),
);
