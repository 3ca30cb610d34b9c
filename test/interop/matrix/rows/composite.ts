import { expect } from 'vitest';
import { connect, defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { mockPower } from '../../../../src/drivers/mock/index.ts';
import { Flasher, MeteredPower, Network } from '../../../../src/interfaces/index.ts';
import { peekReport } from '../../../../src/rpc/peek/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig({ inner: defineRig({ power: MeteredPower }) });

async function typescript({ handle, raw, transport }: TypescriptRun<typeof rig, unknown>) {
  await handle.inner.power.on();
  expect(raw.pythonClient).toBe('jumpstarter_driver_composite.client.CompositeClient');
  expect([...raw.children.keys()]).toContain('inner');
  const wrong = defineRig({ composite: defineRig({ inner: Flasher, console: Network }) });
  await expect(connect(transport.address, wrong, transport.options)).rejects.toThrow(
    /composite\.inner: expected flasher\.v1, found .*\n {2}composite\.console: expected network\.v1, found nothing/,
  );
  await expect(raw.call('on')).rejects.toMatchObject({ code: 'unsupported' });
}

/** Nodes that hold others. */
export const composite = defineRow({
  name: 'composite',
  title: 'composite',
  rig,
  open: () => ({
    python: {
      children: { inner: { children: { power: { type: 'jumpstarter_driver_power.driver.MockPower' } } } },
    },
    ours: group({ inner: group({ power: mockPower() }) }),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'composite.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const help = await run('--help');
    expect(help.exitCode).toBe(0);
    for (const name of ['power', 'composite', 'echo', 'flasher', 'viewer'])
      expect(help.stdout).toContain(`  ${name} `);
    expect((await run('composite inner power on')).exitCode).toBe(0);
  },
  jlPy: async ({ run, exporter }: CommandRun<unknown>) => {
    const help = await run('--help');
    // Without a passphrase no more is asked of the exporter than its report, by a client that knows one call.
    const { JMP_GRPC_PASSPHRASE: _, ...env } = exporter.unix.env;
    expect(await run('--help', { over: { ...exporter.unix, env } })).toEqual(help);
    expect((await peekReport(exporter.unix.address))?.children.has('composite')).toBe(true);
    expect(help.exitCode).toBe(0);
    for (const name of ['power', 'composite', 'echo', 'flasher', 'viewer'])
      expect(help.stdout).toContain(`  ${name} `);
    expect((await run('composite inner power on')).exitCode).toBe(0);
  },
});
