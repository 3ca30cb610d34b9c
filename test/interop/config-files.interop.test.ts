/** Configurations of ours read by Jumpstarter, and the reverse, with Jumpstarter's own code as the judge. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exploreSession, type Session } from '../../src/client/index.ts';
import { pythonYaml, readClientConfig, readCurrentClient, readYaml } from '../../src/config-files/index.ts';
import { DRIVER_TYPES } from '../../src/driver-types.ts';
import { openSession } from '../../src/exporter/index.ts';
import { loadExporterFile } from '../../src/exporter-file/index.ts';
import { openPythonEnv } from './python-env.ts';

const CLI = join(import.meta.dirname, '../../bin/jumplead.js');

/** Plain scalars on which YAML's versions and libraries differ. */
const SCALARS =
  `y Y n N yes Yes yEs no on ON off true True tRUE false null Null ~ 0 -0 1 +1 -1 01 09 010 0o17 0x1F 0b11 0b 1_000 _1
1:30 1:60 190:20:30 01:30 1:30.5 1. .5 . 1.5 1e3 1.0e3 1.0e+3 1.5E-2 .inf -.Inf .nan 0.1.2 2024-01-01 2024-1-1 12:30:45 1,000 0x
0778 0_7 1__2 +.5 -.5e+1 1.e+5 12e03 NULL Off`.split(/\s+/);

/** Texts that must stay what they are. */
const TEXTS = [
  ...SCALARS,
  ...[
    '',
    ' a ',
    'a: b',
    '# no comment',
    '- x',
    'two\nlines\n',
    "it's",
    '"quoted"',
    'ü💡',
    '\ttab',
    '@at',
    '`tick',
    '%x',
    '!tag',
  ],
  ...['&anchor', '*alias', '<<', '=', '? key', '[x', '{x', 'a #b', 'x:', '\\n', '---', '...'],
];

/** One entry of each form, in the ways that there are to write it. */
const FORMS = `metadata: {namespace: lab, name: forms}
description: All forms
export:
  power:
    type: jumpstarter_driver_power.driver.MockPower
    description: The socket in the wall
    methods_description: {'on': Lets the current in, cycle: Off and on again}
    config: {labels: {room: '7'}, log_level: WARNING}
  network: &network
    type: jumpstarter_driver_network.driver.TcpNetwork
    config: {host: 127.0.0.1, port: 0x16}
  merged:
    <<: *network
    description: The same with a word
  board:
    children:
      echo: {type: jumpstarter_driver_network.driver.EchoNetwork}
      ssh:
        type: jumpstarter_driver_ssh.driver.SSHWrapper
        config: {default_username: root}
        children: {tcp: {ref: network}}
      empty: {}
  screen:
    type: jumpstarter_driver_vnc.driver.Vnc
    children:
      tcp: {type: jumpstarter_driver_network.driver.UnixNetwork, config: {path: /run/vnc}}
  group:
    type: jumpstarter_driver_composite.driver.Composite
    description: Holds others
    children: {power: {ref: power}}
  extra:
    type: jumpstarter_driver_network.driver.EchoNetwork
    children: {more: {type: jumpstarter_driver_network.driver.EchoNetwork}}
  again: {ref: board.ssh}
  proxy: {type: jumpstarter_driver_composite.driver.Proxy, config: {ref: power}}
`;

/** All that a file may say beside its drivers. */
const HEADER = `apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: {namespace: null, name: header}
endpoint: grpc.example.com:443
token: 'a-token'
tls: {ca: Y2E=, insecure: "yes"}
grpcOptions: {a: 1, b: "2"}
description: A bench
hooks:
  beforeLease: {script: "j power on", exec: /bin/bash, timeout: "7", onFailure: endLease}
  after_lease: {script: ./after.py, on_failure: exit}
failureDetection: {max_rapid_failures: 3}
unknown: [1]
`;

/** Files that Jumpstarter takes for something else than what they say; it reads each without a word. */
const DOWNGRADED = {
  'config: null': 'a: {type: jumpstarter_driver_power.driver.MockPower, config: null}',
  'a key that is no text':
    'a: {type: jumpstarter_driver_power.driver.MockPower, methods_description: {on: x}}',
  'a type that is no text': 'a: {type: 7}',
  'no type at all': 'a: {foo: 1}',
};

type ReportNode = Session['report']['root'];

interface Node {
  readonly number: number;
  readonly parent: number | null;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string;
  readonly methods: Readonly<Record<string, string>>;
}
type Outcome<T> = { readonly value: T; readonly error?: undefined } | { readonly error: string };
interface Answers {
  readonly save: Outcome<true>;
  readonly clients: Readonly<Record<string, Outcome<unknown>>>;
  readonly current: Outcome<string>;
  readonly exporters: Readonly<Record<string, Outcome<Readonly<Record<string, unknown>>>>>;
  readonly trees: Readonly<Record<string, Outcome<readonly Node[]>>>;
  readonly scalars: readonly (readonly [string, unknown])[];
  readonly written: unknown;
}

const stack = new AsyncDisposableStack();
let folder: string;
let answers: Answers;
const path = (name: string) => join(folder, name);
const env = () => ({ JMP_CLIENT_CONFIG_HOME: path('home') });

beforeAll(async () => {
  const python = await openPythonEnv();
  folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-interop-'))).path;
  await writeFile(path('forms.yaml'), FORMS);
  await writeFile(path('header.yaml'), HEADER);
  for (const [name, entry] of Object.entries(DOWNGRADED))
    await writeFile(path(name), `metadata: {namespace: lab, name: x}\nexport:\n  ${entry}\n`);
  const identity = ['--namespace', 'lab', '--endpoint', 'grpc.example.com:443', '--nointeractive'];
  const ours = { env: { ...env(), JMP_TOKEN: '1e3' } };
  const create = (...args: string[]) => execa(process.execPath, [CLI, 'config', ...args, ...identity], ours);
  await create('client', 'create', 'ours', '--name', 'me', '--allow', 'a,b');
  await create('exporter', 'create', 'ours', '--name', 'bench', '--token', '010');
  const tasks = {
    folder,
    clients: ['ours', 'theirs'],
    exporters: [path('home/exporters/ours.yaml'), path('header.yaml')],
    trees: ['forms.yaml', ...Object.keys(DOWNGRADED)].map(path),
    scalars: SCALARS,
    written: pythonYaml(TEXTS),
  };
  const { stdout } = await execa(python.program('python'), [python.script('config_files.py')], {
    input: JSON.stringify(tasks),
    env: env(),
  });
  answers = JSON.parse(stdout.replaceAll(/(?<=[[ ])(-?Infinity|NaN)(?=[\],])/g, '"$1"'));
});
afterAll(() => stack.disposeAsync());

describe('the file of a client', () => {
  it('of ours says to Jumpstarter what it says to us', () => {
    expect(answers.clients['ours']).toMatchObject({
      value: {
        metadata: { namespace: 'lab', name: 'me' },
        endpoint: 'grpc.example.com:443',
        token: '1e3',
        refresh_token: null,
        drivers: { allow: ['a', 'b'], unsafe: false },
        tls: { ca: '', insecure: false },
        shell: { use_profiles: false },
        leases: { acquisition_timeout: 7200, retry_timeout: 300 },
      },
    });
    expect(answers.current).toEqual({ value: 'ours' });
  });

  it('of Jumpstarter says to us what it says to Jumpstarter', async () => {
    expect(answers.save).toEqual({ value: true });
    expect(answers.clients['theirs']).toMatchObject({ value: { refresh_token: 'on', token: 'their-token' } });
    expect(await readClientConfig(path('home/clients/theirs.yaml'), {})).toEqual({
      metadata: { namespace: 'lab', name: 'theirs' },
      endpoint: 'grpc.example.com:443',
      token: 'their-token',
      refresh_token: 'on',
      tls: { ca: '', insecure: false },
      grpcOptions: { a: 1, b: '1' },
      drivers: { allow: ['a.b', 'UNSAFE'], unsafe: true },
      shell: { use_profiles: false },
      leases: { acquisition_timeout: 7200, dial_timeout: 60, retry_timeout: 300 },
      apiVersion: 'jumpstarter.dev/v1alpha1',
      kind: 'ClientConfig',
    });
    expect(await readCurrentClient(path('home/config.yaml'))).toBe('ours');
  });
});

describe('the file of an exporter', () => {
  it('of ours says to Jumpstarter what it says to us', () => {
    expect(answers.exporters[path('home/exporters/ours.yaml')]).toMatchObject({
      value: {
        metadata: { namespace: 'lab', name: 'bench' },
        endpoint: 'grpc.example.com:443',
        token: '010',
      },
    });
  });

  it('of Jumpstarter says to us what it says to Jumpstarter', async () => {
    const said = await loadExporterFile(path('home/exporters/theirs.yaml'), DRIVER_TYPES, { env: {} });
    expect(said).toMatchObject({
      name: 'theirs',
      endpoint: 'grpc.example.com:443',
      token: '010',
      notices: [],
    });
  });

  it('says the same to both, in all its keys', async () => {
    const { value } = answers.exporters[path('header.yaml')] as { value: Record<string, unknown> };
    const said = await loadExporterFile(path('header.yaml'), DRIVER_TYPES, { env: {} });
    const { name, namespace, endpoint, token, tls, grpcOptions, description, hooks, failureDetection } = said;
    const hook = (
      { script, exec = null, timeout, onFailure } = hooks.beforeLease ?? expect.unreachable(),
    ) => ({
      ...{ script, exec, onFailure },
      timeout: Number.parseInt(String(timeout), 10),
    });
    expect({
      metadata: { namespace, name },
      ...{ endpoint, token, tls, grpcOptions, description },
      hooks: { beforeLease: hook(), afterLease: hook(hooks.afterLease) },
      failureDetection: {
        maxRapidFailures: failureDetection.maxRapidFailures,
        rapidFailureWindow: Number.parseInt(String(failureDetection.rapidFailureWindow), 10),
      },
      apiVersion: 'jumpstarter.dev/v1alpha1',
      kind: 'ExporterConfig',
    }).toEqual(value);
  });

  it('becomes the same tree in both, in all its forms', async () => {
    const theirs = answers.trees[path('forms.yaml')];
    expect(theirs).toHaveProperty('value');
    const { driver } = await loadExporterFile(path('forms.yaml'), DRIVER_TYPES, { env: {} });
    await using session = await openSession(driver, { log: pino({ level: 'silent' }) });
    await using explored = await exploreSession(session.socket);
    expect(flatten(explored.session.report.root)).toEqual(
      (theirs as { value: readonly Node[] }).value.map(comparable),
    );
  });

  it.each(Object.keys(DOWNGRADED))(
    'is refused where Jumpstarter makes an empty group of an entry: %s',
    async (name) => {
      const nodes = (answers.trees[path(name)] as { value: readonly Node[] }).value;
      expect(nodes.at(-1)).toMatchObject({
        name: 'a',
        labels: { 'jumpstarter.dev/client': 'jumpstarter_driver_composite.client.CompositeClient' },
      });
      await expect(loadExporterFile(path(name), DRIVER_TYPES, { env: {} })).rejects.toMatchObject({
        code: 'config',
        issues: [expect.objectContaining({ line: 3 })],
      });
    },
  );
});

describe('YAML', () => {
  it('is read as PyYAML reads it', () => {
    const { value } = readYaml(SCALARS.map((word) => `- ${word}\n`).join(''));
    const ours = (value as unknown[]).map(kindOf);
    const disagreements = SCALARS.flatMap((word, index) => {
      const [kind, theirs] = answers.scalars[index] ?? [];
      const expected = kind === 'date' ? ['date', null] : [kind === 'int' ? 'float' : kind, theirs];
      return JSON.stringify(ours[index]) === JSON.stringify(expected)
        ? []
        : [{ word, ours: ours[index], expected }];
    });
    expect(disagreements).toEqual([]);
  });

  it('is written so that PyYAML reads what we meant', () => {
    expect(answers.written).toEqual(TEXTS);
  });
});

/** The kind that Python would have of it; its numbers of both kinds are one. */
function kindOf(value: unknown): [string, unknown] {
  if (value === null) return ['NoneType', null];
  if (value instanceof Date) return ['date', null];
  if (typeof value === 'number') return ['float', Number.isFinite(value) ? value : String(value)];
  return [typeof value === 'boolean' ? 'bool' : 'str', value];
}

/** What must be the same: we tell the help of every method, and Python only what the file says. */
const comparable = (node: Node) => ({ ...node, methods: expect.objectContaining(node.methods) });

/** As Python's script does it. */
function flatten(root: ReportNode): Node[] {
  const numbers = new Map<string, number>();
  const visit = (node: ReportNode, parent: number | null): Node[] => {
    const number = numbers.get(node.uuid) ?? numbers.size;
    numbers.set(node.uuid, number);
    const { name, description = '', methods } = node;
    const labels = Object.fromEntries(
      Object.entries(node.labels).filter(
        ([key]) => !key.startsWith('jumplead.dev/') && key !== 'jumpstarter.dev/name',
      ),
    );
    const below = [...node.children.values()].flatMap((child) => visit(child, number));
    return [{ number, parent, name, labels, description, methods }, ...below];
  };
  return visit(root, null);
}
