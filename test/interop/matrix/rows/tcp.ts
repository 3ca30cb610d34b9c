import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { tcpNetwork } from '../../../../src/drivers/std/index.ts';
import { TcpNetwork } from '../../../../src/interfaces/index.ts';
import { closedPort } from '../../closed-port.ts';
import { countByPort, countedBy } from '../count.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';
import { openCounter } from '../servers.ts';

interface Facts {
  readonly address: string;
}

const rig = defineRig({ counter: TcpNetwork, nobody: TcpNetwork, hidden: TcpNetwork });

async function typescript({ handle, facts }: TypescriptRun<typeof rig, Facts>) {
  expect(await countedBy(handle.counter, 300_000)).toBe('300000 bytes');
  expect(await handle.counter.address()).toBe(`tcp://${facts.address}`);
  await expect(handle.hidden.address()).rejects.toMatchObject({ code: 'config', fault: 'caller' });
  await expect(handle.nobody.connect()).rejects.toMatchObject({ code: 'unreachable', fault: 'lab' });
  // Nobody ends: the stream is given up, and the next one is not the worse for it.
  const given = await handle.counter.connect();
  await given.write(Buffer.from('half a'));
  await given[Symbol.asyncDispose]();
  expect(await countedBy(handle.counter, 1)).toBe('1 bytes');
}

/** A TCP connection per stream: to a server, to a port where nobody listens, and one whose address is not told. */
export const tcp = defineRow({
  name: 'tcp',
  title: 'network: TCP',
  rig,
  open: async ({ stack }) => {
    const counter = { host: '127.0.0.1', port: await openCounter(stack, { host: '127.0.0.1', port: 0 }) };
    const nobody = { host: '127.0.0.1', port: await closedPort() };
    const type = 'jumpstarter_driver_network.driver.TcpNetwork';
    return {
      python: {
        children: {
          counter: { type, config: counter },
          nobody: { type, config: nobody },
          hidden: { type, config: { ...counter, enable_address: false } },
        },
      },
      ours: group({
        counter: tcpNetwork(counter),
        nobody: tcpNetwork(nobody),
        hidden: tcpNetwork({ ...counter, enableAddress: false }),
      }),
      facts: { address: `${counter.host}:${counter.port}` },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'tcp.py',
  jTs: async ({ run, facts }: CommandRun<Facts>) => {
    expect(await run('tcp counter address')).toMatchObject({ exitCode: 0, stdout: `${facts.address}\n` });
    const hidden = await run('tcp hidden address');
    expect(hidden.exitCode).toBe(1);
    expect(hidden.stderr).toContain('enable_address mode is not true in the exporter configuration');
    await countByPort(run, 'tcp counter forward-tcp 0');
  },
  jlPy: async ({ run, facts }: CommandRun<Facts>) => {
    expect(await run('tcp counter address')).toMatchObject({ exitCode: 0, stdout: `${facts.address}\n` });
    const hidden = await run('tcp hidden address');
    expect(hidden.exitCode).toBe(2);
    expect(hidden.stderr).toContain('enable_address mode is not true in the exporter configuration');
    await countByPort(run, 'tcp counter forward-tcp 0');
  },
});
