import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DRIVER_TYPES } from '../../src/driver-types.ts';
import { loadExporterFile } from '../../src/exporter-file/index.ts';

let stack: AsyncDisposableStack;
let folder: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-test-'))).path;
});
afterEach(() => stack.disposeAsync());

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** A package as npm would install it beside the file; `main` goes through `import` only. */
async function install(name: string, main: string): Promise<void> {
  const manifest = { name, version: '1.0.0', type: 'module', exports: { '.': { import: './main.js' } } };
  await write(`node_modules/${name}/package.json`, JSON.stringify(manifest));
  await write(`node_modules/${name}/main.js`, main);
}

/** A kind of driver that is like echo-network but for its name. */
const TYPE = (name: string, python: string) => `{
  name: '${name}',
  own: form,
  python: ${python},
}`;
const FORM = `const config = { safeParse: (data) => ({ success: true, data }) };
const driver = { name: 'relay', interface: { id: 'relay.v1', methods: {} }, children: {}, open: async () => driver };
const form = { config, children: { required: [], others: false }, create: () => driver, notices: () => [] };
`;

const load = async (text: string) => {
  const file = await write('exporter.yaml', `metadata: {name: a, namespace: b}\n${text}`);
  const { driver } = await loadExporterFile(file, DRIVER_TYPES);
  return Object.values(driver.children).map((child) => child.interface.id);
};

it('loads the driver of a package that the file allows, by the name of the package and by its Python class', async () => {
  await install(
    '@lab/relay',
    `${FORM}export const driverType = ${TYPE('relay', "{ 'lab.driver.Relay': form }")};`,
  );
  const types = await load(`drivers: {allow: ['@lab/relay']}
export:
  one: {type: '@lab/relay'}
  two: {type: lab.driver.Relay}
`);
  expect(types).toEqual(['relay.v1', 'relay.v1']);
});

it('loads one of several drivers of a package', async () => {
  await install('lab-drivers', `${FORM}export const driverTypes = [${TYPE('a', '{}')}, ${TYPE('b', '{}')}];`);
  expect(await load('drivers: {allow: [lab-drivers]}\nexport: {x: {type: lab-drivers#b}}')).toEqual([
    'relay.v1',
  ]);
});

it('loads nothing that the file does not allow', async () => {
  await install('lab-relay', `globalThis.labRelayWasLoaded = true; ${FORM}`);
  await expect(load('export: {x: {type: lab-relay}}')).rejects.toThrow(
    'to load that package, write drivers: {allow: [lab-relay]}',
  );
  expect(globalThis).not.toHaveProperty('labRelayWasLoaded');
});

it('replaces nothing of ours', async () => {
  const python = "{ 'jumpstarter_driver_network.driver.EchoNetwork': form }";
  await install('lab-relay', `${FORM}export const driverType = ${TYPE('echo-network', python)};`);
  const text = `drivers: {allow: [lab-relay]}
export:
  one: {type: echo-network}
  two: {type: jumpstarter_driver_network.driver.EchoNetwork}
`;
  expect(await load(text)).toEqual(['network.v1', 'network.v1']);
});

it('tells of a package that cannot be loaded, or has no drivers', async () => {
  await install('lab-broken', 'throw new Error("no relay here")');
  await install('lab-empty', 'export const driverType = { name: "x" };');
  const error: Error = await load('drivers:\n  allow:\n    - lab-broken\n    - lab-empty\n').then(
    () => expect.unreachable(),
    (reason) => reason,
  );
  expect(error.message.replaceAll(/\S*exporter\.yaml/g, 'exporter.yaml')).toMatchInlineSnapshot(`
    "exporter.yaml has 2 mistakes
      exporter.yaml:4:7: drivers.allow.0: the package lab-broken cannot be loaded: no relay here
      exporter.yaml:5:7: drivers.allow.1: the package lab-empty has no drivers: it must export driverType or driverTypes"
  `);
});
