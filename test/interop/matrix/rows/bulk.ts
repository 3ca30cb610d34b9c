import { expect } from 'vitest';
import { connectSocket, echoNetwork } from '../../../../src/drivers/std/index.ts';
import { Network } from '../../../../src/interfaces/index.ts';
import { LONG } from '../../../support/long.ts';
import { exchangeBulk } from '../bulk.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  readonly frames: number;
}

async function typescript({ handle, facts }: TypescriptRun<typeof Network, Facts>) {
  await using channel = await handle.connect();
  const { sent, received } = await exchangeBulk(channel, facts.frames);
  expect(received).toBe(sent);
}

async function command({ run, facts }: CommandRun<Facts>) {
  await run('bulk forward-tcp 0', {
    whenPrinted: async (address) => {
      const port = Number(address.split(':').at(-1));
      const { signal } = new AbortController();
      await using channel = await connectSocket({ host: '127.0.0.1', port }, address, signal);
      const { sent, received } = await exchangeBulk(channel, facts.frames);
      expect(received).toBe(sent);
    },
  });
}

/** 1 GiB in the long form, 16 MiB otherwise, in frames of 64 KiB, both ways at once. */
export const bulk = defineRow({
  name: 'bulk',
  title: 'session: many bytes, both ways at once',
  rig: Network,
  open: () => ({
    python: { type: 'jumpstarter_driver_network.driver.EchoNetwork' },
    ours: echoNetwork(),
    facts: { frames: LONG ? 16_384 : 256 },
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'bulk.py',
  jTs: command,
  jlPy: command,
});
