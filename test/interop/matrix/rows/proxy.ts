import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group, proxy } from '../../../../src/driver/index.ts';
import { mockPower } from '../../../../src/drivers/mock/index.ts';
import { MeteredPower } from '../../../../src/interfaces/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig({ power: MeteredPower });

async function typescript({ handle, raw }: TypescriptRun<typeof rig, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_composite.client.CompositeClient');
  expect([...raw.children.keys()]).toEqual(['power']);
  await handle.power.on();
  expect(await Array.fromAsync(handle.power.read())).toHaveLength(2);
}

async function command({ run }: CommandRun<unknown>) {
  expect((await run('alias power on')).exitCode).toBe(0);
  expect((await run('alias power read')).stdout).toContain('voltage=5');
}

/** A node of another row under a further name, with all that is below it. */
export const proxyRow = defineRow({
  name: 'alias',
  title: 'proxy',
  rig,
  open: () => ({
    python: { ref: 'composite.inner' },
    ours: proxy('composite.inner', group({ power: mockPower() })),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'proxy.py',
  jTs: command,
  jlPy: command,
});
