import { expect } from 'vitest';
import { echoNetwork } from '../../../../src/drivers/std/index.ts';
import { Network } from '../../../../src/interfaces/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

async function typescript({ handle, raw }: TypescriptRun<typeof Network, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_network.client.NetworkClient');
  await using channel = await handle.connect();
  await channel.write(Buffer.from('hello'));
  const sent = Buffer.alloc(200_000, 'x');
  await channel.write(sent);
  await channel.end();
  const received = Buffer.concat(await Array.fromAsync(channel));
  expect(received.equals(Buffer.concat([Buffer.from('hello'), sent]))).toBe(true);
  await expect(channel.write(Buffer.from('more'))).rejects.toMatchObject({ code: 'state' });
  await expect(raw.open('fly')).rejects.toMatchObject({ code: 'unsupported' });
  await expect(raw.call('connect')).rejects.toMatchObject({ code: 'unsupported' });
}

/** A loop: what is sent comes back, and so does the end. */
export const echo = defineRow({
  name: 'echo',
  title: 'network: echo',
  rig: Network,
  open: () => ({
    python: { type: 'jumpstarter_driver_network.driver.EchoNetwork' },
    ours: echoNetwork(),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'echo.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const help = await run('echo --help');
    expect(help.exitCode).toBe(0);
    for (const name of ['address', 'forward-tcp', 'forward-unix']) expect(help.stdout).toContain(name);
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    const help = await run('echo --help');
    expect(help.exitCode).toBe(0);
    for (const name of ['address', 'forward-tcp', 'forward-unix']) expect(help.stdout).toContain(name);
  },
});
