import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { echoNetwork, vnc as vncDriver } from '../../../../src/drivers/std/index.ts';
import { Network, Vnc } from '../../../../src/interfaces/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig(Vnc, { tcp: Network });

async function typescript({ handle, raw }: TypescriptRun<typeof rig, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_vnc.client.VNClient');
  expect(await raw.call('get_default_encrypt')).toBe(false);
  await using channel = await handle.tcp.connect();
  await channel.write(Buffer.from('RFB'));
  await channel.end();
  expect(Buffer.concat(await Array.fromAsync(channel)).toString()).toBe('RFB');
  await using screen = await handle.open();
  const page = await fetch(screen.url);
  expect({ status: page.status, type: page.headers.get('content-type') }).toEqual({
    status: 200,
    type: expect.stringContaining('text/html'),
  });
}

const OPTIONS = ['--no-browser', '--encrypt', '--no-encrypt'];

/** What viewers need beside the connection. At its other end is a loop. */
export const vnc = defineRow({
  name: 'viewer',
  title: 'vnc',
  rig,
  open: () => ({
    python: {
      type: 'jumpstarter_driver_vnc.driver.Vnc',
      children: { tcp: { type: 'jumpstarter_driver_network.driver.EchoNetwork' } },
    },
    ours: vncDriver({ tcp: echoNetwork() }),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'vnc.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const help = await run('viewer session --help');
    expect(help.exitCode).toBe(0);
    for (const option of OPTIONS) expect(help.stdout).toContain(option);
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    const help = await run('viewer session --help');
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toContain('--no-browser');
  },
});
