import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { findDbus } from '../../../src/drivers/network/dbus-address.ts';
import { dbusNetwork } from '../../../src/drivers/network/index.ts';
import { openEchoServer } from '../../fixtures/echo-servers.ts';
import { callContext, openDriver, readUntil } from '../open-driver.ts';

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['unix:path=/run/my%2cbus,guid=0123', { path: '/run/my,bus' }],
  ['unix:abstract=/tmp/dbus-1,guid=0123', { path: '\0/tmp/dbus-1' }],
  ['tcp:host=127.0.0.1,port=1234', { host: '127.0.0.1', port: 1234 }],
  ['unixexec:path=ssh;tcp:host=10.0.0.1,port=1', { host: '10.0.0.1', port: 1 }],
])('finds the bus at %s', (text, where) => {
  expect(findDbus('session', { DBUS_SESSION_BUS_ADDRESS: text }, 1000).where).toEqual(where);
});

it('looks where Linux has it unless the environment says otherwise', () => {
  expect(findDbus('system', {}, 1000).where).toEqual({ path: '/run/dbus/system_bus_socket' });
  expect(findDbus('session', {}, 1000).where).toEqual({ path: '/run/user/1000/bus' });
});

it.each(['nonsense', 'tcp:host=127.0.0.1', 'tcp:host=h,port=many', 'unix:tmpdir=/tmp'])(
  'refuses the address %s',
  (text) => {
    expect(() => findDbus('system', { DBUS_SYSTEM_BUS_ADDRESS: text }, 0)).toThrow(
      `DBUS_SYSTEM_BUS_ADDRESS: got ${JSON.stringify(text)}; expected unix:path=PATH`,
    );
  },
);

it('connects to the bus of this host, and labels its kind for the Python client', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  stack.defer(() => rm(dir, { recursive: true }));
  const path = join(dir, 'bus');
  stack.use(await openEchoServer({ path }));
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', `unix:path=${path}`);
  await using node = await openDriver(dbusNetwork({ kind: 'session' }));
  expect(node.labels).toEqual({ 'jumpstarter.dev/dbusnetwork/kind': 'session' });
  await using channel = await node.handlers.connect(undefined, callContext());
  await channel.write(Buffer.from('hello bus'));
  await readUntil(channel, 'hello bus');
});
