import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../src/core/index.ts';
import { fakeNetwork, fakePower } from '../../../src/drivers/fake/index.ts';
import { callContext, openDriver, readAll } from '../open-driver.ts';

const panic = new DeviceError('the board burnt', { event: 'smoke', tail: '' });

describe('every fake', () => {
  it('remembers its calls', async () => {
    const power = fakePower();
    await using node = await openDriver(power);
    await node.handlers.on(callContext());
    await Array.fromAsync(node.handlers.read(callContext()));
    expect(power.device.calls).toEqual([
      { method: 'on', args: [] },
      { method: 'read', args: [] },
    ]);
  });

  it('fails as it is told to, until it is told otherwise', async () => {
    const power = fakePower({ fail: { on: panic } });
    await using node = await openDriver(power);
    await expect(node.handlers.on(callContext())).rejects.toBe(panic);
    expect(power.device.isOn).toBe(false);
    power.device.fail('on');
    await node.handlers.on(callContext());
    expect(power.device.isOn).toBe(true);
    power.device.fail('read', panic);
    await expect(Array.fromAsync(node.handlers.read(callContext()))).rejects.toBe(panic);
  });

  it('lets a call wait until it is released', async () => {
    const power = fakePower();
    await using node = await openDriver(power);
    const stall = power.device.stall('on');
    const call = node.handlers.on(callContext());
    await stall.reached;
    expect(power.device.isOn).toBe(false);
    stall.release();
    await call;
    await stall.over;
    expect(power.device.isOn).toBe(true);
  });

  it('lets a caller who waits give up', async () => {
    const power = fakePower();
    await using node = await openDriver(power);
    const stall = power.device.stall('on');
    const caller = new AbortController();
    const call = node.handlers.on(callContext({ signal: caller.signal }));
    await stall.reached;
    caller.abort(panic);
    await expect(call).rejects.toBe(panic);
    await stall.over;
  });

  it('fails calls and streams when it is unplugged, and works again when it is plugged in', async () => {
    const network = fakeNetwork();
    await using node = await openDriver(network);
    const open = await node.handlers.connect(undefined, callContext());
    const end = readAll(open);
    network.device.unplug();
    const gone = { code: 'device', event: 'unplugged', message: 'fake-network: the device is gone' };
    await expect(end).rejects.toMatchObject(gone);
    await expect(node.handlers.connect(undefined, callContext())).rejects.toMatchObject(gone);
    network.device.plug();
    await using again = await node.handlers.connect(undefined, callContext());
    await again.write(Buffer.from('back'));
    await again.end();
    expect(await readAll(again)).toBe('back');
  });
});

describe('fakePower', () => {
  it("reads as Jumpstarter's mock does", async () => {
    await using node = await openDriver(fakePower());
    expect(await Array.fromAsync(node.handlers.read(callContext()))).toEqual([
      { voltage: 0, current: 0 },
      { voltage: 5, current: 2 },
    ]);
  });
});

describe('fakeNetwork', () => {
  it('is answered by a function of the test', async () => {
    const network = fakeNetwork({
      serve: async (channel) => {
        await channel.write(Buffer.from('welcome'));
      },
    });
    await using node = await openDriver(network);
    await using channel = await node.handlers.connect(undefined, callContext());
    expect(await readAll(channel)).toBe('welcome');
  });

  it('breaks the connection when that function fails', async () => {
    const network = fakeNetwork({ serve: () => Promise.reject(panic) });
    await using node = await openDriver(network);
    await using channel = await node.handlers.connect(undefined, callContext());
    await expect(readAll(channel)).rejects.toBe(panic);
  });
});
