import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { driverType } from '../drivers/relay-type.ts';
import { load, mistakesOf } from '../exporter-file/exporter-files.ts';

const manual = readFileSync(new URL('../../docs/guide/exporter-files.md', import.meta.url), 'utf8');
const [example = '', withPackage = ''] = [...manual.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
  ([, text]) => text,
);

it('the example of the guide is right', async () => {
  const { name, driver, notices } = await load(example);
  expect({ name, notices, drivers: Object.keys(driver.children) }).toEqual({
    name: 'bench-7',
    notices: [],
    drivers: ['power', 'network', 'board'],
  });
});

it('the example with a package lacks nothing but the package', async () => {
  const mistakes = await mistakesOf(withPackage);
  expect(mistakes[0]).toContain('there is no package @lab/relay');
  expect(mistakes[1]).toContain('export.power.type: @lab/relay is no known type of driver');
  expect(mistakes).toHaveLength(2);
});

it('the driver of the guide is one under both of its names', () => {
  const python = driverType.python['lab.driver.Relay'] ?? expect.unreachable();
  const made = [
    driverType.own.create({ url: 'http://relay.example' }, {}),
    python.create(python.config.parse({ host: 'relay.example' }), {}),
  ];
  expect(made.map(({ name }) => name)).toEqual(['relay', 'relay']);
});
