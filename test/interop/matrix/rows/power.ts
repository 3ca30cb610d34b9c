import { expect } from 'vitest';
import { mockPower } from '../../../../src/drivers/mock/index.ts';
import { MeteredPower } from '../../../../src/interfaces/index.ts';
import { actUntil, powerEntry } from '../log-entry.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const READINGS = [
  { voltage: 0, current: 0 },
  { voltage: 5, current: 2 },
];

async function typescript({ handle, raw, session, peer }: TypescriptRun<typeof MeteredPower, unknown>) {
  await handle.on();
  await handle.off();
  expect(await Array.fromAsync(handle.read())).toEqual(READINGS);
  expect(raw.pythonClient).toBe('jumpstarter_driver_power.client.PowerClient');
  expect(await raw.call('on')).toBe(null);
  await expect(raw.call('read')).rejects.toMatchObject({ code: 'unsupported', fault: 'caller' });
  await expect(raw.call('fly')).rejects.toMatchObject({ code: 'unsupported', fault: 'caller' });
  await expect(raw.call('on', [1])).rejects.toMatchObject({
    code: peer === 'typescript' ? 'config' : 'device',
  });
  expect(await actUntil(powerEntry(session, 'on', peer), () => handle.on())).toMatchObject({
    severity: 'INFO',
    origin: 'driver',
  });
}

const READ = /^voltage=0\.0 V {2}current=0\.0 A {2}apparent_power=0\.0 VA\nvoltage=5\.0 V {2}current=2\.0 A/;

/** A switch that also measures: 0 V, then 5 V. */
export const power = defineRow({
  name: 'power',
  title: 'power: mock',
  rig: MeteredPower,
  open: () => ({
    python: { type: 'jumpstarter_driver_power.driver.MockPower' },
    ours: mockPower(),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'power.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    expect(await run('power on')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const read = await run('power read --count 1 --interval 0.1');
    expect(read.stdout).toMatch(READ);
    expect((await run('power fly')).exitCode).toBe(1);
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    expect(await run('power on')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect((await run('power read')).stdout).toMatch(READ);
    const typo = await run('power onn');
    expect(typo.exitCode).toBe(2);
    expect(typo.stderr).toContain('Did you mean on?');
  },
});
