import { once } from 'node:events';
import { connect as connectTo, type NetConnectOpts } from 'node:net';
import { expect } from 'vitest';
import { connect, defineRig, sessionOf } from '../../../../src/client/index.ts';
import { connectSocket, tcpNetwork } from '../../../../src/drivers/std/index.ts';
import { TcpNetwork } from '../../../../src/interfaces/index.ts';
import { type Doomed, type Lab, startOurProcess, startPython } from '../exporters.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';
import { openWatched, type Watched } from '../servers.ts';

interface Facts {
  readonly port: number;
  /** Our exporter in a process that the Python client may kill. */
  readonly doomed: Doomed;
}

let device: Watched;

const stockNode = (port: number) => ({
  type: 'jumpstarter_driver_network.driver.TcpNetwork',
  config: { host: '127.0.0.1', port },
});

async function startStock(port: number, lab: Lab): Promise<Doomed> {
  const { unix, pid } = await startPython({ loss: stockNode(port) }, lab);
  return { socket: unix.address, pid };
}

/** The client vanishes with a stream open: the exporter lets go of the device. */
async function clientVanishes({ exporter, transport }: TypescriptRun<typeof TcpNetwork, Facts>) {
  if (transport.name !== 'unix') return;
  const socket = connectTo({ path: exporter.unix.address } satisfies NetConnectOpts);
  const tree = await connect({ duplex: () => socket }, defineRig({ loss: TcpNetwork }));
  const connected = device.next();
  const channel = await tree.loss.connect();
  await channel.write(Buffer.from('half a'));
  const { over } = await connected;
  socket.destroy();
  await over;
  await expect(channel.write(Buffer.from('line'))).rejects.toMatchObject({
    code: 'unreachable',
    fault: 'lab',
  });
  await expect(tree.loss.address()).rejects.toMatchObject({ code: 'unreachable' });
  expect(sessionOf(tree).signal.aborted).toBe(true);
  await tree[Symbol.asyncDispose]();
}

/** The exporter is killed with a stream open and somebody reading: the reader is told at once. */
async function exporterIsKilled({ peer, lab, facts, transport }: TypescriptRun<typeof TcpNetwork, Facts>) {
  if (transport.name !== 'unix') return;
  const doomed =
    peer === 'typescript' ? await startOurProcess(facts.port, lab) : await startStock(facts.port, lab);
  await using tree = await connect(doomed.socket, defineRig({ loss: TcpNetwork }));
  await using channel = await tree.loss.connect();
  await channel.write(Buffer.from('echo'));
  const reading = Array.fromAsync(channel);
  process.kill(doomed.pid, 'SIGKILL');
  await expect(reading).rejects.toMatchObject({ code: 'unreachable', fault: 'lab' });
  await expect(tree.loss.address()).rejects.toMatchObject({ code: 'unreachable' });
  const { signal } = sessionOf(tree);
  if (!signal.aborted) await once(signal, 'abort');
  expect(signal.reason).toMatchObject({ code: 'unreachable' });
}

async function typescript(run: TypescriptRun<typeof TcpNetwork, Facts>) {
  await clientVanishes(run);
  await exporterIsKilled(run);
}

/** The command is killed with a connection through it: the exporter lets go of the device. */
async function command({ run, facts }: CommandRun<Facts>) {
  expect(facts.port).toBe(device.port);
  const connected = device.next();
  await run('loss forward-tcp 0', {
    signal: 'SIGKILL',
    whenPrinted: async (address) => {
      const port = Number(address.split(':').at(-1));
      const { signal } = new AbortController();
      await using channel = await connectSocket({ host: '127.0.0.1', port }, address, signal);
      await channel.write(Buffer.from('half a'));
      await connected;
    },
  });
  const { over } = await connected;
  expect(await over).toEqual([expect.any(Boolean)]);
}

/** Either side vanishes without a word. */
export const loss = defineRow({
  name: 'loss',
  title: 'session: the peer is killed',
  rig: TcpNetwork,
  open: async ({ stack, lab }) => {
    device = await openWatched(stack);
    const { port } = device;
    return {
      python: stockNode(port),
      ours: tcpNetwork({ host: '127.0.0.1', port }),
      facts: { port, doomed: await startOurProcess(port, lab) },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'loss.py',
  jTs: command,
  jlPy: command,
});
