import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { connect, defineRig, exploreSession, sessionOf } from '../../src/client/index.ts';
import { defineDriver, group } from '../../src/driver/index.ts';
import {
  fakeDisplay,
  fakeMachine,
  fakeNetwork,
  fakePower,
  fakeVirtualPower,
} from '../../src/drivers/fake/index.ts';
import { type ExporterSession, openSession } from '../../src/exporter/index.ts';
import { serve } from '../../src/index.ts';
import { call, defineInterface, Flasher, MeteredPower, Network, Power } from '../../src/interfaces/index.ts';

const log = pino({ level: 'silent' });

describe('a tree', () => {
  test('has the handles of its children, and the screen under the name display', async () => {
    await using tree = await serve(group({ power: fakePower(), inner: group({ vnc: fakeDisplay() }) }), {
      log,
    });
    await tree.power.on();
    expect(tree.inner.display).toHaveProperty('screenshot');
    expect(tree.inner).not.toHaveProperty('vnc');
  });

  test('belongs to one session, whichever handle is asked', async () => {
    await using tree = await serve(group({ power: fakePower() }), { log });
    const session = sessionOf(tree);
    expect(sessionOf(tree.power)).toBe(session);
    expect(session.node('power', Power)?.session.local).toBe(true);
    expect(session.node('power.x', Power)).toBeUndefined();
    expect(() => sessionOf({})).toThrow('not a handle');
  });

  test('is local only for the process that serves it', async () => {
    const driver = group({ power: fakePower() });
    await using tree = await serve(driver, { log });
    await using other = await connect(sessionOf(tree).target, driver);
    expect(sessionOf(other).node('', Power)?.session.local).toBe(false);
  });

  test('lets a child have the name of what every object has', async () => {
    const driver = group({ constructor: fakePower(), valueOf: fakePower() });
    await using tree = await serve(driver, { log });
    await tree.constructor.on();
    await tree.valueOf.on();
  });

  test('refuses a child with the name of a property of its parent', async () => {
    const machine = fakeMachine();
    const driver = { ...machine, children: { ...machine.children, describe: fakePower() } };
    const opened: typeof driver = {
      ...driver,
      open: async (context) => {
        const node = await machine.open(context);
        const describe = await fakePower().open(context);
        return { ...node, children: { ...node.children, describe } };
      },
    };
    await expect(serve(opened, { log })).rejects.toMatchObject({
      code: 'config',
      message:
        'the child describe cannot have this name: the handle of machine.v1 has a property describe of its own',
    });
  });
});

describe('a rig', () => {
  const driver = group({ power: fakeVirtualPower(), net: fakeNetwork() });

  test('may name less than there is, and less of each', async () => {
    await using session = await openSession(driver, { log });
    await using tree = await connect(session.socket, defineRig({ power: Power }));
    await tree.power.on();
    expect(tree).not.toHaveProperty('net');
  });

  test('that names something else is a ConfigError that lists what is there', async () => {
    await using session = await openSession(driver, { log });
    const rig = defineRig({ power: MeteredPower, net: Flasher, console: defineRig({ x: Power }) });
    const error = await connect(session.socket, rig).catch((reason: unknown) => reason);
    expect(String(error).replace(session.socket, 'SOCKET')).toMatchInlineSnapshot(`
      "ConfigError: SOCKET is not what the rig says
        power: expected metered-power.v1, found virtual-power.v1
        net: expected flasher.v1, found network.v1
        console: expected composite.v1, found nothing of that name
      There is:
        (root): composite.v1
        power: virtual-power.v1
        net: network.v1"
    `);
    expect(error).toMatchObject({
      code: 'config',
      issues: [{ path: 'power' }, { path: 'net' }, { path: 'console' }],
    });
  });
});

describe('an unknown tree', () => {
  const Kettle = defineInterface(
    'kettle.v1',
    { pythonClient: 'example_kettle.client.KettleClient', category: 'other' },
    { boil: call('Boil the water', { returns: z.string() }) },
  );
  const kettle = defineDriver({
    name: 'kettle',
    interface: Kettle,
    config: z.undefined(),
    open: () => ({ boil: async () => 'whistles' }),
  });

  test('is taken as it is: handles where they are known, calls by name everywhere', async () => {
    await using session = await openSession(group({ power: fakePower(), kettle: kettle() }), { log });
    await using explored = await exploreSession(session.socket);
    const { children } = explored.root;
    expect([...children.keys()]).toEqual(['power', 'kettle']);
    const power = children.get('power');
    const handle = await power?.handle();
    expect(handle).toHaveProperty('cycle');
    expect(await power?.handle()).toBe(handle);
    const unknown = children.get('kettle');
    expect(await unknown?.handle()).toBeUndefined();
    expect(unknown).toMatchObject({ path: 'kettle', methods: { boil: 'Boil the water' } });
    expect(await unknown?.call('boil')).toBe('whistles');
    await expect(unknown?.call('fry')).rejects.toMatchObject({ code: 'unsupported', available: ['boil'] });
  });
});

/** A way to a session that can be cut, as a cable can. */
async function cable(session: ExporterSession): Promise<{ path: string; cut: () => void } & AsyncDisposable> {
  const path = join(dirname(session.socket), 'cable');
  const ends: Socket[] = [];
  const server = createServer((near) => {
    const far = connectSocket(session.socket);
    for (const end of [near, far]) ends.push(end.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    cut: () => {
      for (const end of ends) end.destroy();
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe('a connection that is lost', () => {
  test('ends what is under way at once, and says when the peer was last seen', async () => {
    const net = fakeNetwork();
    const power = fakePower();
    await using session = await openSession(group({ net, power }), { log });
    await using way = await cable(session);
    await using tree = await connect(way.path, defineRig({ net: Network, power: MeteredPower }));
    const connection = await tree.net.connect();
    const stall = power.device.stall('on');
    const call = tree.power.on();
    const reading = connection[Symbol.asyncIterator]().next();
    await stall.reached;
    way.cut();
    const lost = { code: 'unreachable', target: way.path, lastSeen: expect.stringMatching(/^\d{4}-/) };
    await expect(call).rejects.toMatchObject({ ...lost, operation: 'power.on' });
    await expect(reading).rejects.toMatchObject({ ...lost, operation: 'net.connect' });
    stall.release();
  });

  test('ends the session, also when nothing is under way: later calls fail with the same error', async () => {
    await using session = await openSession(fakePower(), { log });
    await using way = await cable(session);
    await using tree = await connect(way.path, fakePower());
    const ended = sessionOf(tree).signal;
    way.cut();
    await once(ended, 'abort');
    expect(ended.reason).toMatchObject({
      code: 'unreachable',
      target: way.path,
      lastSeen: expect.stringMatching(/^\d{4}-/),
      message: `the connection to ${way.path} was lost; what is there now may be another session: connect again`,
    });
    await expect(tree.on()).rejects.toBe(ended.reason);
    await expect(sessionOf(tree).status()).rejects.toBe(ended.reason);
    await expect(sessionOf(tree).logs()[Symbol.asyncIterator]().next()).rejects.toBe(ended.reason);
  });

  test('is noticed when the exporter closes', async () => {
    const session = await openSession(fakePower(), { log });
    await using tree = await connect(session.socket, fakePower());
    const ended = once(sessionOf(tree).signal, 'abort');
    await session.close();
    await ended;
  });

  test('ends with the session, and with it what is under way', async () => {
    const power = fakePower();
    const tree = await serve(power, { log });
    const session = sessionOf(tree);
    const node = session.node('', Power);
    const stall = power.device.stall('on');
    const call = tree.on();
    call.catch(() => undefined);
    await stall.reached;
    await tree[Symbol.asyncDispose]();
    await expect(call).rejects.toMatchObject({ code: 'unreachable' });
    expect(node?.session.signal.reason).toMatchObject({ code: 'unreachable' });
    expect(session.signal.reason).toBe(node?.session.signal.reason);
    await expect(tree.on()).rejects.toMatchObject({
      code: 'unreachable',
      message: `the connection to ${session.target} was closed`,
    });
    await session.close();
  });
});

describe('waiting', () => {
  test('ends with the reason of the caller, untouched', async () => {
    const power = fakePower();
    await using tree = await serve(power, { log });
    const stall = power.device.stall('on');
    const stop = new AbortController();
    const call = tree.on({ signal: stop.signal });
    call.catch(() => undefined);
    await stall.reached;
    const reason = { mine: true };
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  test('ends with the deadline of the call', async () => {
    const power = fakePower();
    await using tree = await serve(power, { log });
    power.device.stall('on');
    await expect(tree.on({ timeout: '20ms' })).rejects.toMatchObject({
      code: 'deadline',
      message: 'on: gave up after 0.02 s, still waiting for the answer',
    });
  });

  test('for a session that does not answer ends with its deadline', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    const reaching = connect(`127.0.0.1:${address.port}`, fakePower(), {
      insecure: true,
      timeout: '20ms',
    });
    await expect(reaching).rejects.toMatchObject({ code: 'deadline', fault: 'lab' });
    silent.close();
  });

  test('for a tree that does not answer ends with the deadline of the connecting', async () => {
    const machine = fakeMachine();
    machine.device.stall('getHostname');
    await using session = await openSession(machine, { log });
    await expect(connect(session.socket, machine, { timeout: '200ms' })).rejects.toMatchObject({
      code: 'deadline',
      operation: 'connect',
    });
  });

  test('for a session that is not there ends at once', async () => {
    await expect(connect('/no/such/socket', fakePower())).rejects.toMatchObject({
      code: 'unreachable',
      target: '/no/such/socket',
      message: expect.stringContaining('there is no such socket'),
    });
  });
});

test('a session is reached over a connection of any kind', async () => {
  await using session = await openSession(fakePower(), { log });
  const tunnel = createServer((socket) => void session.accept(socket, 'a tunnel'));
  tunnel.listen(0, '127.0.0.1');
  await once(tunnel, 'listening');
  const address = tunnel.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  await using tree = await connect(
    { duplex: () => connectSocket(address.port, '127.0.0.1'), name: 'the tunnel' },
    fakePower(),
  );
  await tree.on();
  expect(sessionOf(tree).target).toBe('the tunnel');
  tunnel.close();
});

test('what was opened through a session closes before its connection', async () => {
  const tree = await serve(fakePower(), { log });
  const node = sessionOf(tree).node('', Power);
  const events: string[] = [];
  node?.session.defer(async () => {
    events.push('first opened');
    await node.calls.off();
    events.push('the connection was still there');
  });
  node?.session.defer(() => void events.push('last opened'));
  await tree[Symbol.asyncDispose]();
  expect(events).toEqual(['last opened', 'first opened', 'the connection was still there']);
});
