import { expect } from 'vitest';
import type { NetworkHandle } from '../../../src/client/index.ts';
import { connectSocket } from '../../../src/drivers/std/index.ts';
import type { Command } from './row.ts';

/** What a counter at the other end answers to `size` bytes and our end: it gets them whole, or says so. */
export async function countedBy(network: Pick<NetworkHandle, 'connect'>, size: number): Promise<string> {
  await using channel = await network.connect();
  await channel.write(Buffer.alloc(size, 'y'));
  await channel.end();
  return Buffer.concat(await Array.fromAsync(channel)).toString();
}

/** Counts through a port of this host, to which the command `line` brings a counter until it is interrupted. */
export async function countByPort(run: Command, line: string): Promise<void> {
  const { stdout } = await run(line, {
    whenPrinted: async (address) => {
      const port = Number(address.split(':').at(-1));
      const wait = new AbortController().signal;
      const connect = () => connectSocket({ host: 'localhost', port }, address, wait);
      expect(await countedBy({ connect }, 5_000)).toBe('5000 bytes');
    },
  });
  expect(stdout).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+\n$/);
}
