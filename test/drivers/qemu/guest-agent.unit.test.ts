import { duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { GuestAgent } from '../../../src/drivers/qemu/agent/guest-agent.ts';

test('a port that closes while QEMU is being asked about it is told at once', async () => {
  const [ours] = duplexPair();
  const answers = [true, false];
  const agent: GuestAgent = new GuestAgent(ours, {
    isOpen: async () => {
      const answer = answers.shift() ?? false;
      // The event comes in the same breath as the answer, and is heard first.
      if (answer) agent.portChanged(false);
      return answer;
    },
  });
  await expect(agent.ask('guest-ping', {}, z.unknown(), { timeout: '1h' })).rejects.toMatchObject({
    code: 'device',
    event: 'AGENT_GONE',
  });
});
