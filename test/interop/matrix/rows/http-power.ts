import { expect } from 'vitest';
import { httpPower } from '../../../../src/drivers/power/index.ts';
import { MeteredPower } from '../../../../src/interfaces/index.ts';
import { openSmartPlug } from '../../../drivers/power/smart-plug.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  readonly url: string;
}

/** What a plug is asked last. */
const lastOf = async (url: string) => (await fetch(`${url}/last`)).text();

async function typescript({ handle, facts }: TypescriptRun<typeof MeteredPower, Facts>) {
  await handle.on();
  expect(await lastOf(facts.url)).toBe('GET /on');
  expect(await Array.fromAsync(handle.read())).toEqual([{ voltage: 230.5, current: 0.25 }]);
  await handle.off();
  expect(await lastOf(facts.url)).toBe('POST /off now');
}

async function command({ run, facts }: CommandRun<Facts>) {
  expect((await run('plug on')).exitCode).toBe(0);
  expect(await lastOf(facts.url)).toBe('GET /on');
  const { stdout } = await run('plug read');
  expect(stdout).toContain('voltage=230.5 V  current=0.25 A');
  expect((await run('plug off')).exitCode).toBe(0);
  expect(await lastOf(facts.url)).toBe('POST /off now');
}

/** A power switch that is reached by HTTP. */
export const httpPowerRow = defineRow({
  name: 'plug',
  title: 'http-power',
  rig: MeteredPower,
  open: async ({ stack }) => {
    const { url } = stack.use(await openSmartPlug());
    const [on, off, read] = [`${url}/on`, `${url}/off`, `${url}/status`];
    const paths = { voltage: 'emeters.0.voltage', current: 'emeters.0.current' };
    return {
      python: {
        type: 'jumpstarter_driver_http_power.driver.HttpPower',
        config: {
          power_on: { url: on },
          power_off: { url: off, method: 'POST', data: 'now' },
          power_read: { url: read, voltage_path: paths.voltage, current_path: paths.current },
        },
      },
      ours: httpPower({
        on: { url: on },
        off: { url: off, method: 'POST', body: 'now' },
        read: { url: read },
        voltagePath: paths.voltage,
        currentPath: paths.current,
      }),
      facts: { url },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'http_power.py',
  jTs: command,
  jlPy: command,
});
