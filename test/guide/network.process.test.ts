import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from 'jumplead';
import { group } from 'jumplead/driver';
import { tcpNetwork, udpNetwork } from 'jumplead/drivers';
import { expect, test } from 'vitest';
import { openUdpEcho } from '../fixtures/echo-servers.ts';

test('the page about networks', async () => {
  await using stack = new AsyncDisposableStack();
  const echo = stack.use(await openUdpEcho());
  const web = createServer((request, response) => response.end(`${request.url} is fine`));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  stack.defer(async () => void (await once(web.close(), 'close')));
  const { port } = web.address() as AddressInfo; // SAFE: a TCP server that listens
  // #region use
  await using device = await serve(
    group({
      web: tcpNetwork({ host: '127.0.0.1', port }),
      log: udpNetwork({ host: '127.0.0.1', port: echo.port }),
    }),
  );

  await using http = await device.web.http();
  const answer = await http.fetch('http://device/health');

  await using datagrams = await device.log.connect();
  await datagrams.write(Buffer.from('one datagram'));

  await using local = await device.web.forward({ localPort: 0 });
  const same = await fetch(`http://${local.host}:${local.port}/health`);
  // #endregion
  expect([await answer.text(), await same.text()]).toEqual(['/health is fine', '/health is fine']);
});
