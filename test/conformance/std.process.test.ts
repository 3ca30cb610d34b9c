import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { udpNetwork, websocketNetwork } from '../../src/drivers/network/index.ts';
import { echoNetwork, sshWrapper, tcpNetwork, unixNetwork, vnc } from '../../src/drivers/std/index.ts';
import { openEchoServer, openUdpEcho, openWebSocketEcho } from '../fixtures/echo-servers.ts';
import { describeChecks } from './check.ts';
import { checkName } from './method-checks.ts';
import {
  describeMessageNetwork,
  describeTcpNetwork,
  messageNetworkChecks,
  networkChecks,
} from './network.ts';
import { type DeviceControl, joined, serveSpecimen } from './specimen.ts';
import { describeSshWrapper, describeVnc } from './wrappers.ts';

describeTcpNetwork('tcpNetwork', async () => {
  const server = await openEchoServer({ host: '127.0.0.1', port: 0 });
  const { port, breakDevice } = server;
  return joined(await serveSpecimen(tcpNetwork({ host: '127.0.0.1', port }), { breakDevice }), server);
});

/** A Unix socket cannot be reset: its reader sees an end, as if the device had hung up. */
const unixChecks = networkChecks.filter(({ name }) => name !== checkName('connect', 'deviceGone'));

describeChecks('unixNetwork', unixChecks, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  const path = join(dir, 's');
  const server = await openEchoServer({ path });
  const specimen = await serveSpecimen(unixNetwork({ path }), server);
  return joined(joined(specimen, server), { [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) });
});

/** Nobody tells a listener for datagrams that there will be no more: whoever sends another hears of it. */
const udpChecks = messageNetworkChecks.filter(({ name }) => name !== checkName('connect', 'deviceGone'));

describeChecks('udpNetwork', udpChecks, async () => {
  const server = await openUdpEcho();
  const { port, breakDevice } = server;
  return joined(await serveSpecimen(udpNetwork({ host: '127.0.0.1', port }), { breakDevice }), server);
});

describeMessageNetwork('websocketNetwork', async () => {
  const server = await openWebSocketEcho();
  const { port, breakDevice } = server;
  const url = `ws://127.0.0.1:${port}/echo`;
  return joined(await serveSpecimen(websocketNetwork({ url }), { breakDevice }), server);
});

/** These drivers have no device of their own that could go away. */
const nothingToBreak: DeviceControl = { breakDevice: () => undefined };

describeChecks('echoNetwork', unixChecks, () => serveSpecimen(echoNetwork(), nothingToBreak));
describeVnc('vnc', () => serveSpecimen(vnc({ tcp: echoNetwork() }), nothingToBreak));
describeSshWrapper('sshWrapper', () => serveSpecimen(sshWrapper({ tcp: echoNetwork() }), nothingToBreak));
