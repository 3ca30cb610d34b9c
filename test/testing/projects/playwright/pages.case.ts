import { expect } from '@playwright/test';
import { fakeMachine } from 'jumplead/fake';
import { machineTest } from 'jumplead/playwright';

const PAGE = '<h1>the page of a machine</h1>';
const HEAD = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${PAGE.length}\r\nconnection: close\r\n\r\n`;

const web = {
  guestPort: 80,
  serve: async (channel: AsyncIterable<Uint8Array> & { write(chunk: Uint8Array): Promise<void> }) => {
    for await (const _request of channel) {
      await channel.write(Buffer.from(HEAD + PAGE));
      return;
    }
  },
};

const test = machineTest(fakeMachine({ forwards: { web } }), { ready: 'login', web: 'web' });

test('leads to the machine', async ({ page, vm }) => {
  await page.goto('/');
  await expect(page.getByRole('heading')).toHaveText('the page of a machine');
  expect(await vm.power.state()).toBe('running');
});
