import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { websocketNetwork } from '../../../../src/drivers/network/index.ts';
import { MessageNetwork } from '../../../../src/interfaces/index.ts';
import { openWebSocketEcho } from '../../../fixtures/echo-servers.ts';
import { closedPort } from '../../closed-port.ts';
import { echoedByPort, echoedMessages, MESSAGES } from '../messages.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  readonly url: string;
  readonly address: string;
}

const rig = defineRig({ mirror: MessageNetwork, nobody: MessageNetwork });

async function typescript({ handle, facts }: TypescriptRun<typeof rig, Facts>) {
  expect(await echoedMessages(handle.mirror)).toEqual(MESSAGES);
  expect(await handle.mirror.address()).toBe(facts.url);
  await expect(handle.nobody.connect()).rejects.toMatchObject({ code: 'unreachable', fault: 'lab' });
}

/** WebSocket messages: to an echo, and to a port where nobody listens. */
export const websocket = defineRow({
  name: 'websocket',
  title: 'network: WebSocket',
  rig,
  open: async ({ stack }) => {
    const { port } = stack.use(await openWebSocketEcho());
    const mirror = { url: `ws://127.0.0.1:${port}` };
    const nobody = { url: `ws://127.0.0.1:${await closedPort()}` };
    const type = 'jumpstarter_driver_network.driver.WebsocketNetwork';
    return {
      python: { children: { mirror: { type, config: mirror }, nobody: { type, config: nobody } } },
      ours: group({ mirror: websocketNetwork(mirror), nobody: websocketNetwork(nobody) }),
      facts: { url: mirror.url, address: `127.0.0.1:${port}` },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'websocket.py',
  jTs: async ({ run, facts }: CommandRun<Facts>) => {
    expect(await run('websocket mirror address')).toMatchObject({
      exitCode: 0,
      stdout: `${facts.address}\n`,
    });
    await echoedByPort(run, 'websocket mirror forward-tcp 0');
  },
  jlPy: async ({ run, facts }: CommandRun<Facts>) => {
    expect(await run('websocket mirror address')).toMatchObject({
      exitCode: 0,
      stdout: `${facts.address}\n`,
    });
    expect(await run('websocket mirror address --port')).toMatchObject({
      stdout: `${facts.address.split(':')[1]}\n`,
    });
    await echoedByPort(run, 'websocket mirror forward-tcp 0');
  },
});
