/** `jumplead config` as people and scripts use it. */
import { mkdir, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CLI = join(import.meta.dirname, '../../bin/jumplead.js');

let stack: AsyncDisposableStack;
let folder: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-test-'))).path;
});
afterEach(() => stack.disposeAsync());

async function jumplead(args: string[], options: { input?: string; env?: Record<string, string> } = {}) {
  const { input = '', env } = options;
  const result = await execa(process.execPath, [CLI, ...args], {
    env: { JMP_CLIENT_CONFIG_HOME: join(folder, 'home'), ...env },
    input,
    cwd: folder,
    reject: false,
  });
  const plain = (text: string) => text.replaceAll(folder, '');
  return { code: result.exitCode, stdout: plain(result.stdout), stderr: plain(result.stderr) };
}

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const read = (name: string) => readFile(join(folder, 'home', name), 'utf8');
const mode = async (name: string) => ((await stat(join(folder, 'home', name))).mode & 0o777).toString(8);

const CREATE = [
  '--namespace',
  'lab',
  '--name',
  'me',
  '--endpoint',
  'grpc.example.com:443',
  '--nointeractive',
];
const TOKEN = { env: { JMP_TOKEN: 'the-secret-token' } };
const createClient = (alias: string, ...more: string[]) =>
  jumplead(['config', 'client', 'create', alias, ...CREATE, ...more], TOKEN);

describe('config check', () => {
  it('says of a right file what it is, and tells notices', async () => {
    await write(
      'a.yaml',
      'metadata: {name: bench, namespace: lab}\nx: 1\nexport: {net: {type: echo-network}}',
    );
    expect(await jumplead(['config', 'check', 'a.yaml'])).toEqual({
      code: 0,
      stdout: 'a.yaml is right: the exporter bench with net',
      stderr: 'a.yaml:2:1: x: unknown key, without effect',
    });
  });

  it('tells all mistakes of all files', async () => {
    await write(
      'a.yaml',
      'metadata: {name: bench, namespace: lab}\nexport:\n  net: {tpye: echo-network}\n  b:\n',
    );
    await write('b.yaml', 'kind: ClientConfig\nmetadata: {name: me, namespace: lab}\nendpiont: x\nmore: 1');
    await write('c.yaml', 'kind: ClientConfig\nmetadata: {name: me, namespace: lab}\n');
    const { code, stdout, stderr } = await jumplead([
      'config',
      'check',
      'a.yaml',
      'b.yaml',
      'c.yaml',
      'd.yaml',
    ]);
    expect(code).toBe(1);
    expect(stdout).toBe('c.yaml is right: the client me');
    expect(stderr).toMatchInlineSnapshot(`
      "a.yaml has 2 mistakes
        a.yaml:3:9: export.net.tpye: unknown key; did you mean type?
        a.yaml:4:3: export.b: got nothing; expected a driver: {type, config, children}, {children} or {ref}
      b.yaml has 2 mistakes
        b.yaml:3:1: endpiont: unknown key; did you mean endpoint?
        b.yaml:4:1: more: unknown key; known: apiVersion, kind, metadata, endpoint, tls, token, refresh_token, grpcOptions, drivers, shell, leases, alias, path
      cannot read d.yaml, which is to be a configuration: there is no such file"
    `);
  });

  it('tells them to programs', async () => {
    await write('a.yaml', 'metadata: {name: bench, namespace: lab}\nexport: {net: {tpye: echo-network}}');
    const { code, stdout } = await jumplead(['config', 'check', 'a.yaml', '-o', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual([
      {
        file: 'a.yaml',
        about: '',
        mistakes: [
          { path: 'export.net.tpye', message: 'unknown key; did you mean type?', line: 2, column: 16 },
        ],
        notices: [],
      },
    ]);
    expect((await jumplead(['config', 'check', 'a.yaml', '-o', 'name'])).stdout).toBe('a.yaml');
  });
});

describe('config client', () => {
  it('creates a file that only its owner can read; the first one is in use', async () => {
    expect(await createClient('one', '--allow', 'a,b', '-o', 'path')).toEqual({
      code: 0,
      stdout: '/home/clients/one.yaml',
      stderr: '',
    });
    expect(await mode('clients/one.yaml')).toBe('600');
    expect(await read('clients/one.yaml')).toMatchInlineSnapshot(`
      "apiVersion: jumpstarter.dev/v1alpha1
      kind: ClientConfig
      metadata:
        namespace: lab
        name: me
      endpoint: grpc.example.com:443
      tls:
        ca: ""
        insecure: false
      token: the-secret-token
      grpcOptions: {}
      drivers:
        allow:
          - a
          - b
        unsafe: false
      shell:
        use_profiles: false
      "
    `);
    await createClient('two');
    expect((await jumplead(['config', 'client', 'list'])).stdout).toMatchInlineSnapshot(`
      "CURRENT  ALIAS  ENDPOINT              PATH
      *        one    grpc.example.com:443  /home/clients/one.yaml
               two    grpc.example.com:443  /home/clients/two.yaml"
    `);
    expect(await mode('config.yaml')).toBe('600');
  });

  it('asks for what is not said', async () => {
    const input = 'lab\nme\ngrpc.example.com:443\nthe-secret-token\n\n';
    const { code, stderr } = await jumplead(['config', 'client', 'create', 'one'], { input });
    expect(stderr).toMatchInlineSnapshot(`
      "Namespace: 
      Name of the client: 
      Endpoint of the controller: 
      Token (hidden): 
      Packages of drivers to allow, with commas (optional): 
      wrote /home/clients/one.yaml"
    `);
    expect(code).toBe(0);
    expect(await read('clients/one.yaml')).toContain('token: the-secret-token\n');
  });

  it('says what is missing where nobody can be asked', async () => {
    const { code, stderr } = await jumplead(['config', 'client', 'create', 'one', '--nointeractive']);
    expect({ code, stderr }).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "--namespace is missing
      fault: the way it was called",
      }
    `);
    const asked = await jumplead(['config', 'client', 'create', 'one'], { input: 'lab\n' });
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('Name of the client: there was no answer');
  });

  it('does not stop checking certificates unless that is confirmed', async () => {
    const args = ['config', 'client', 'create', 'one', ...CREATE.slice(0, -1), '-k', '-a', 'x'];
    expect((await jumplead(args, { ...TOKEN, input: 'n\n' })).code).toBe(2);
    expect((await jumplead(args, { ...TOKEN, input: 'y\n' })).code).toBe(0);
    expect(await read('clients/one.yaml')).toContain('insecure: true');
  });

  it('overwrites nothing, and knows what a file may be called', async () => {
    await createClient('one');
    const again = await createClient('one');
    expect({ ...again }).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "the client one is there already: /home/clients/one.yaml
      fault: the way it was called",
        "stdout": "",
      }
    `);
    expect((await createClient('../one')).stderr).toContain('allowed: a name without slashes and dots');
  });

  it('uses another, deletes, and uses what is left', async () => {
    await createClient('one');
    await createClient('two');
    expect((await jumplead(['config', 'client', 'use', 'two', '-o', 'path'])).stdout).toBe(
      '/home/clients/two.yaml',
    );
    expect(await read('config.yaml')).toMatchInlineSnapshot(`
      "apiVersion: jumpstarter.dev/v1alpha1
      kind: UserConfig
      config:
        current-client: two
      "
    `);
    expect((await jumplead(['config', 'client', 'use', 'tow'])).stderr).toContain('did you mean two?');
    expect((await jumplead(['config', 'client', 'delete', 'two', '-o', 'path'])).stdout).toBe(
      '/home/clients/two.yaml',
    );
    expect(await read('config.yaml')).toContain('current-client: one');
    await jumplead(['config', 'client', 'delete', 'one']);
    expect(await read('config.yaml')).toContain('current-client: null');
    expect((await jumplead(['config', 'client', 'list'])).stdout).toBe('No resources found.');
  });

  it('lists for programs, without secrets, and also what has mistakes', async () => {
    await createClient('one');
    await write('home/clients/bad.yaml', 'kind: ClientConfig\nnonsense: 1\n');
    expect((await jumplead(['config', 'client', 'list', '-o', 'name'])).stdout).toBe('bad\none');
    const { stdout } = await jumplead(['config', 'client', 'list', '-o', 'json']);
    expect(stdout).not.toContain('the-secret-token');
    const { items, ...list } = JSON.parse(stdout);
    expect(list).toEqual({
      apiVersion: 'jumpstarter.dev/v1alpha1',
      currentConfig: 'one',
      kind: 'ClientConfigList',
    });
    expect(items).toMatchObject([{ alias: 'bad' }, { alias: 'one', endpoint: 'grpc.example.com:443' }]);
    expect((await jumplead(['config', 'client', 'ls', '-o', 'yaml'])).stdout).toContain(
      'currentConfig: one\n',
    );
  });
});

describe('config exporter', () => {
  it('creates, lists and deletes', async () => {
    const env = { JMP_NAMESPACE: 'lab', JMP_NAME: 'bench' };
    const created = await jumplead(['config', 'exporter', 'create', '--nointeractive', '-o', 'path'], {
      env,
    });
    expect(created).toEqual({ code: 0, stdout: '/home/exporters/default.yaml', stderr: '' });
    expect(await mode('exporters/default.yaml')).toBe('600');
    expect(await read('exporters/default.yaml')).toMatchInlineSnapshot(`
      "apiVersion: jumpstarter.dev/v1alpha1
      kind: ExporterConfig
      metadata:
        namespace: lab
        name: bench
      tls:
        ca: ""
        insecure: false
      grpcOptions: {}
      export: {}
      "
    `);
    const list = await jumplead(['config', 'exporter', 'list', '-o', 'json']);
    expect(JSON.parse(list.stdout).items).toContainEqual({
      alias: 'default',
      path: '/home/exporters/default.yaml',
    });
    expect((await jumplead(['config', 'exporter', 'delete'])).stderr).toBe(
      'deleted /home/exporters/default.yaml',
    );
    expect((await jumplead(['config', 'exporter', 'delete'])).code).toBe(2);
  });

  it('opens an editor, and checks what was made of the file', async () => {
    await write('home/exporters/a.yaml', 'metadata: {name: a, namespace: b}\n');
    const editor = await write('editor.sh', 'echo "exprot: {}" >> "$1"\n');
    const edited = await jumplead(['config', 'exporter', 'edit', 'a'], { env: { EDITOR: `sh ${editor}` } });
    expect(edited.code).toBe(2);
    expect(edited.stderr).toContain('/home/exporters/a.yaml:2:1: exprot: unknown key; did you mean export?');
    const failed = await jumplead(['config', 'exporter', 'edit', 'a'], { env: { EDITOR: 'false' } });
    expect(failed.code).toBe(3);
  });
});

describe('what is about a controller', () => {
  it.each([
    [['login', 'lab.example.com']],
    [['get', 'leases', '-o', 'json']],
    [['create', 'lease', '--duration', '1h']],
  ])('%s says why it is not there yet', async (args) => {
    const { code, stderr } = await jumplead(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`jumplead ${args[0]} is not there yet: it is about a controller`);
  });
});

it('says which version it is, to people and programs', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect((await jumplead(['version'])).stdout).toMatch(
    new RegExp(`^jumplead v${version} from /.* \\(Node v`),
  );
  expect(JSON.parse((await jumplead(['version', '-o', 'json'])).stdout)).toEqual({
    gitVersion: version,
    nodeVersion: process.version,
  });
  expect((await jumplead(['ver', '-o', 'name'])).stdout).toBe(version);
});

it('lists what exporter files may name', async () => {
  const { stdout } = await jumplead(['driver', 'list', '-o', 'json']);
  expect(JSON.parse(stdout).drivers).toContainEqual({
    name: 'tcp-network',
    python: ['jumpstarter_driver_network.driver.TcpNetwork'],
  });
  expect((await jumplead(['driver', 'ls'])).stdout).toMatch(/^tcp-network +jumpstarter_driver_network/m);
});
