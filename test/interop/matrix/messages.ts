import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'vitest';
import type { MessageNetworkHandle } from '../../../src/client/index.ts';
import type { Command } from './row.ts';

/** The sizes of what is sent: one that is cut on the way unless somebody minds, a page, and a byte. */
export const MESSAGES = [20_000, 4_096, 1] as const;

/** The sizes of what an echo gives back for each. */
export async function echoedMessages(network: MessageNetworkHandle): Promise<(number | undefined)[]> {
  await using channel = await network.connect();
  const incoming = channel[Symbol.asyncIterator]();
  const sizes: (number | undefined)[] = [];
  for (const size of MESSAGES) {
    await channel.write(Buffer.alloc(size, 'm'));
    const { value } = await incoming.next();
    sizes.push(value?.length);
  }
  return sizes;
}

/** Runs a forward, and checks that an echo is at its other end. */
export async function echoedByPort(run: Command, line: string): Promise<void> {
  await run(line, {
    whenPrinted: async (address) => {
      const socket = connect({ host: 'localhost', port: Number(address.split(':').at(-1)) });
      socket.write('there and back');
      const [data] = await once(socket, 'data');
      expect(String(data)).toBe('there and back');
      socket.destroy();
    },
  });
}
