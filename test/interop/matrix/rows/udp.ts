import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { udpNetwork } from '../../../../src/drivers/network/index.ts';
import { MessageNetwork } from '../../../../src/interfaces/index.ts';
import { openUdpEcho } from '../../../fixtures/echo-servers.ts';
import { echoedByPort, echoedMessages, MESSAGES } from '../messages.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  readonly address: string;
}

const rig = defineRig({ mirror: MessageNetwork, hidden: MessageNetwork });

async function typescript({ handle, facts }: TypescriptRun<typeof rig, Facts>) {
  expect(await echoedMessages(handle.mirror)).toEqual(MESSAGES);
  expect(await handle.mirror.address()).toBe(`udp://${facts.address}`);
  await expect(handle.hidden.address()).rejects.toMatchObject({ code: 'config', fault: 'caller' });
}

async function commands({ run, facts }: CommandRun<Facts>) {
  expect(await run('udp mirror address')).toMatchObject({ exitCode: 0, stdout: `${facts.address}\n` });
  expect((await run('udp hidden address')).stderr).toContain('enable_address mode is not true');
  await echoedByPort(run, 'udp mirror forward-tcp 0');
}

/** Datagrams: to an echo, and one whose address is not told. */
export const udp = defineRow({
  name: 'udp',
  title: 'network: UDP',
  rig,
  open: async ({ stack }) => {
    const { port } = stack.use(await openUdpEcho());
    const config = { host: '127.0.0.1', port };
    const type = 'jumpstarter_driver_network.driver.UdpNetwork';
    return {
      python: {
        children: {
          mirror: { type, config },
          hidden: { type, config: { ...config, enable_address: false } },
        },
      },
      ours: group({ mirror: udpNetwork(config), hidden: udpNetwork({ ...config, enableAddress: false }) }),
      facts: { address: `127.0.0.1:${port}` },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'udp.py',
  jTs: commands,
  jlPy: commands,
});
