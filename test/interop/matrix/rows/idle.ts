import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { mockPower } from '../../../../src/drivers/mock/index.ts';
import { connectSocket, echoNetwork } from '../../../../src/drivers/std/index.ts';
import { MeteredPower, Network } from '../../../../src/interfaces/index.ts';
import { LONG } from '../../../support/long.ts';
import { actUntil, powerEntry } from '../log-entry.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  /** Seconds without a byte. */
  readonly idle: number;
}

const rig = defineRig({ power: MeteredPower, echo: Network });

async function typescript({ handle, session, facts, peer }: TypescriptRun<typeof rig, Facts>) {
  const entry = powerEntry(session, 'off', peer);
  await using channel = await handle.echo.connect();
  await setTimeout(facts.idle * 1_000);
  await channel.write(Buffer.from('still here'));
  await channel.end();
  expect(Buffer.concat(await Array.fromAsync(channel)).toString()).toBe('still here');
  expect(await actUntil(entry, () => handle.power.off())).toMatchObject({
    severity: 'INFO',
    origin: 'driver',
  });
  expect(session.signal.aborted).toBe(false);
}

async function command({ run, facts }: CommandRun<Facts>) {
  await run('idle echo forward-tcp 0', {
    whenPrinted: async (address) => {
      await setTimeout(facts.idle * 1_000);
      const port = Number(address.split(':').at(-1));
      const { signal } = new AbortController();
      await using channel = await connectSocket({ host: '127.0.0.1', port }, address, signal);
      await channel.write(Buffer.from('still here'));
      await channel.end();
      expect(Buffer.concat(await Array.fromAsync(channel)).toString()).toBe('still here');
    },
  });
}

/** A session without a byte for five minutes (seconds in the short form), its log and a stream open all the while. */
export const idle = defineRow({
  name: 'idle',
  title: 'session: idle, with its log open',
  rig,
  open: () => ({
    python: {
      children: {
        power: { type: 'jumpstarter_driver_power.driver.MockPower' },
        echo: { type: 'jumpstarter_driver_network.driver.EchoNetwork' },
      },
    },
    ours: group({ power: mockPower(), echo: echoNetwork() }),
    facts: { idle: LONG ? 300 : 6 },
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'idle.py',
  jTs: command,
  jlPy: command,
});
