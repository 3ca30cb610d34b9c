import { join } from 'node:path';
import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { unixNetwork } from '../../../../src/drivers/std/index.ts';
import { Network } from '../../../../src/interfaces/index.ts';
import { countByPort, countedBy } from '../count.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';
import { openCounter } from '../servers.ts';

const rig = defineRig({ counter: Network, nobody: Network });

async function typescript({ handle, raw }: TypescriptRun<typeof rig, unknown>) {
  expect(await countedBy(handle.counter, 300_000)).toBe('300000 bytes');
  await expect(handle.nobody.connect()).rejects.toMatchObject({ code: 'unreachable', fault: 'lab' });
  await expect(raw.children.get('counter')?.call('address')).rejects.toMatchObject({ code: 'unsupported' });
}

/** A connection to a Unix socket per stream. */
export const unix = defineRow({
  name: 'unix',
  title: 'network: Unix socket',
  rig,
  open: async ({ stack, folder }) => {
    const [counter, nobody] = [{ path: join(folder, 's') }, { path: join(folder, 'nobody') }];
    await openCounter(stack, counter);
    const type = 'jumpstarter_driver_network.driver.UnixNetwork';
    return {
      python: { children: { counter: { type, config: counter }, nobody: { type, config: nobody } } },
      ours: group({ counter: unixNetwork(counter), nobody: unixNetwork(nobody) }),
      facts: {},
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'unix.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const { exitCode, stderr } = await run('unix counter address');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('This exporter does not support direct connection');
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    await countByPort(run, 'unix counter forward-tcp 0');
  },
});
