import { describe, expect, test } from 'vitest';
import '../../src/client/all-handles.ts';
import { createHandle, type HandleFor } from '../../src/client/handles.ts';
import type { RemoteNode } from '../../src/client/node.ts';
import { byteChannelPair } from '../../src/drivers/std/index.ts';
import { Console, type Interface, VirtualPower } from '../../src/interfaces/index.ts';

/** The handle of a node that has nothing of ours, with the calls that reached it. */
async function stock<I extends Interface>(
  contract: I,
  calls: Record<string, (...args: unknown[]) => Promise<unknown>>,
) {
  const made: string[] = [];
  const recorded = Object.entries(calls).map(([name, act]) => [
    name,
    (...args: unknown[]) => {
      made.push(name);
      return act(...args);
    },
  ]);
  const node: RemoteNode = {
    path: 'node',
    calls: Object.fromEntries(recorded),
    extended: false,
    session: {
      target: 'lab-7:19090',
      local: false,
      artifacts: undefined,
      signal: new AbortController().signal,
      defer: () => undefined,
    },
    child: () => undefined,
    rig: undefined,
    besides: () => {
      throw new Error('there is nothing beside it');
    },
    nearest: () => undefined,
    offers: () => false,
  };
  return { handle: (await createHandle(contract, node)) as HandleFor<I>, made };
}

describe('at a stock Jumpstarter exporter', () => {
  test('power does what is there, and names it where that is not enough', async () => {
    const { handle: power, made } = await stock(VirtualPower, {
      on: async () => null,
      off: async (options) => {
        expect(options).toBeUndefined();
        return null;
      },
    });
    expect(await power.off()).toBe('forced');
    expect(await power.cycle({ mode: 'forced' })).toBe('forced');
    expect(made).toEqual(['off', 'off', 'on']);
    const missing = { code: 'unsupported', available: ['on', 'off'] };
    await expect(power.off({ mode: 'graceful' })).rejects.toMatchObject(missing);
    await expect(power.cycle({ deadline: '1m' })).rejects.toMatchObject(missing);
    await expect(power.state()).rejects.toMatchObject(missing);
    await expect(power.reset()).rejects.toThrow(
      'node.reset: the exporter at lab-7:19090 has no such call; it has: on, off',
    );
  });

  test('a console is opened without options', async () => {
    const [ours, device] = byteChannelPair();
    const { handle: console, made } = await stock(Console, {
      connect: async (options) => {
        expect(options).toBeUndefined();
        return ours;
      },
    });
    await expect(console.open({ from: 'boot' })).rejects.toMatchObject({ code: 'unsupported' });
    await using tty = await console.open();
    await device.write(Buffer.from('login: '));
    await tty.expect('login: ');
    expect(made).toEqual(['connect']);
  });
});
