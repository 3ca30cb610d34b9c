import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type ListenOptions, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { echoNetwork, sshWrapper, tcpNetwork, unixNetwork, vnc } from '../../src/drivers/std/index.ts';
import { describeChecks } from './check.ts';
import { checkName } from './method-checks.ts';
import { describeTcpNetwork, networkChecks } from './network.ts';
import { type DeviceControl, type Specimen, serveSpecimen } from './specimen.ts';
import { describeSshWrapper, describeVnc } from './wrappers.ts';

/** A server that sends back what it gets, and can break all its connections at once. */
interface EchoServer extends DeviceControl, AsyncDisposable {
  readonly port: number;
}

async function openEchoServer(where: ListenOptions): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(where);
  await once(server, 'listening');
  const breakDevice = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: where.path ? 0 : (server.address() as AddressInfo).port, // SAFE: it listens on a TCP port
    breakDevice,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      breakDevice();
      await closed;
    },
  };
}

/** The specimen, closed together with what it needs. */
function joined<S extends Specimen<unknown>>(specimen: S, beneath: AsyncDisposable): S {
  const close = async () => {
    await specimen[Symbol.asyncDispose]();
    await beneath[Symbol.asyncDispose]();
  };
  return { ...specimen, [Symbol.asyncDispose]: close };
}

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

/** These drivers have no device of their own that could go away. */
const nothingToBreak: DeviceControl = { breakDevice: () => undefined };

describeChecks('echoNetwork', unixChecks, () => serveSpecimen(echoNetwork(), nothingToBreak));
describeVnc('vnc', () => serveSpecimen(vnc({ tcp: echoNetwork() }), nothingToBreak));
describeSshWrapper('sshWrapper', () => serveSpecimen(sshWrapper({ tcp: echoNetwork() }), nothingToBreak));
