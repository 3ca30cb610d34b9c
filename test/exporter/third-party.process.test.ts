import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineDriver, group } from '../../src/driver/index.ts';
import { fakePower } from '../../src/drivers/fake/index.ts';
import { type Connected, connect, defineRig, exploreSession, serve, sessionOf } from '../../src/index.ts';
import {
  arg,
  type ByteChannel,
  type CallOptions,
  call,
  channel,
  defineInterface,
  Power,
  stream,
} from '../../src/interfaces/index.ts';

// What somebody else writes for a device that nobody here has thought of.
const Thermostat = defineInterface(
  'thermostat.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  {
    setTarget: call('Set the temperature', { args: [arg('celsius', z.number().max(90))], returns: z.null() }),
    watch: stream('Temperatures on the way there', { returns: z.number() }),
    raw: channel('The wire to the sensor', z.strictObject({ baud: z.int().default(9600) })),
  },
);

const thermostat = defineDriver({
  name: 'thermostat',
  interface: Thermostat,
  config: z.object({ start: z.number() }),
  open: ({ start }) => {
    let target = start;
    return {
      setTarget: async (celsius) => {
        target = celsius;
        return null;
      },
      watch: async function* () {
        for (let now = start; now < target; now += 10) yield now;
      },
      raw: async ({ baud }) => answering(`at ${baud} baud`),
    };
  },
});

/** A channel on which one text comes. */
function answering(text: string): ByteChannel {
  return {
    write: async () => undefined,
    end: async () => undefined,
    [Symbol.asyncIterator]: async function* () {
      yield Buffer.from(text);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function readText(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(bytes)).toString();
}

describe('a driver of somebody else', () => {
  test('is served, and called by a typed client', async () => {
    await using device = await serve(thermostat({ start: 20 }));
    await device.setTarget(50);
    expect(await Array.fromAsync(device.watch())).toEqual([20, 30, 40]);
    await using sensor = await device.raw({ baud: 115_200 });
    expect(await readText(sensor)).toBe('at 115200 baud');
    await using plain = await device.raw();
    expect(await readText(plain)).toBe('at 9600 baud');
  });

  test('has its arguments checked before anything is sent', async () => {
    await using device = await serve(thermostat({ start: 20 }));
    await expect(device.setTarget(100)).rejects.toMatchObject({
      code: 'config',
      message: 'setTarget: argument celsius: got 100; too big: expected number to be <=90',
    });
  });

  test('is reached by its rig, among others', async () => {
    const lab = group({ oven: thermostat({ start: 20 }), power: fakePower() });
    await using served = await serve(lab);
    const rig = defineRig({ oven: Thermostat, power: Power });
    await using remote = await connect(sessionOf(served).target, rig);
    await remote.oven.setTarget(30);
    await remote.power.on();
    expect(await Array.fromAsync(served.oven.watch())).toEqual([20]);
  });

  test('can be called by who has never heard of it', async () => {
    await using served = await serve(thermostat({ start: 20 }));
    await using explored = await exploreSession(sessionOf(served).target);
    expect(explored.root.methods).toEqual({
      set_target: 'Set the temperature',
      watch: 'Temperatures on the way there',
      raw: 'The wire to the sensor',
    });
    await explored.root.call('set_target', [40]);
    expect(await Array.fromAsync(explored.root.stream('watch'))).toEqual([20, 30]);
    await using sensor = await explored.root.open('raw', { baud: 300 });
    expect(await readText(sensor)).toBe('at 300 baud');
  });
});

test('the types say what a tree has', () => {
  const rig = defineRig({ oven: Thermostat, inner: defineRig({ power: Power }), vnc: Thermostat });
  type Tree = Connected<typeof rig>;
  expectTypeOf<Tree>().toExtend<AsyncDisposable>();
  expectTypeOf<Tree['oven']['setTarget']>().toEqualTypeOf<
    (celsius: number, options?: CallOptions) => Promise<null>
  >();
  expectTypeOf<ReturnType<Tree['oven']['watch']>>().toEqualTypeOf<AsyncIterable<number>>();
  expectTypeOf<Parameters<Tree['oven']['raw']>[0]>().toEqualTypeOf<
    { baud?: number | undefined } | undefined
  >();
  expectTypeOf<Tree['inner']['power']>().toHaveProperty('on');
  expectTypeOf<Tree>().toHaveProperty('display');
  expectTypeOf<Tree>().not.toHaveProperty('vnc');
  expectTypeOf<Tree>().not.toHaveProperty('console');
  expectTypeOf(thermostat).parameter(0).toEqualTypeOf<{ start: number }>();
  defineDriver({
    name: 'half',
    interface: Power,
    config: z.undefined(),
    // @ts-expect-error a driver must have every method of its interface
    open: () => ({ on: async () => null }),
  });
});
