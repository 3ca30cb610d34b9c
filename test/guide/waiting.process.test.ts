import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve, type VirtualPowerHandle } from 'jumplead';
import { fakeMachine } from 'jumplead/fake';
// #region import
import { all, any, cloudInit, console, custom, http, ssh } from 'jumplead/wait';
// #endregion
import { expect, test } from 'vitest';
import { passTo } from '../fixtures/pass-to.ts';

test('the guide to waiting', async () => {
  const server = createServer((_, response) => response.end('fine'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // SAFE: a TCP port
  const commands = { 'cloud-init status --format=json': { stdout: '{"status": "done"}' } };
  const forwards = { web: { guestPort: 8080, serve: passTo(port) } } as const;
  await using vm = await serve(fakeMachine({ forwards, ssh: { commands } }));
  await vm.power.on();
  // #region all
  await vm.waitFor(all(console(/login:/), ssh(), cloudInit(), http(8080, '/health')), { timeout: '15m' });
  // #endregion
  // #region any
  const found = await vm.waitFor(
    any(console({ login: /login: /, rescue: /Give root password for maintenance/ }), ssh()),
  );
  if (found?.name === 'rescue') throw new Error('it needs help');
  // #endregion
  // #region custom
  const running = custom('the CPUs run', async (vm: { power: VirtualPowerHandle }, { signal, saw }) => {
    const state = await vm.power.state({ signal });
    saw(`they are ${state}`); // shown in an error, as what was seen last
    return state;
  });
  const [state] = await vm.waitFor(all(running, ssh()));
  // #endregion
  expect(state).toBe('running');
  await new Promise((closed) => server.close(closed));
});
