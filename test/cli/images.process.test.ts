/** `jumplead images` as people and scripts use it. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtempDisposable, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedBuild } from '../../src/images/cache.ts';
import { describeFile } from '../../src/images/digest.ts';
import { selfSigned } from '../exporter/self-signed.ts';
import { type BrokenHost, openBrokenHost, type Reply } from '../fixtures/broken-host.ts';

const CLI = join(import.meta.dirname, '../../bin/jumplead.js');
const BYTES = randomBytes(300_000);
const FILE = 'ubuntu-24.04-server-cloudimg-amd64.img';
const IMAGE = `/24.04/release/${FILE}`;
const PULL = ['pull', 'ubuntu-24.04', '--arch', 'x86_64'];
const sha256 = createHash('sha256').update(BYTES).digest('hex');
const ID = `ubuntu-24.04-x86_64-${sha256.slice(0, 12)}`;

let stack: AsyncDisposableStack;
let folder: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-images-'))).path;
});
afterEach(() => stack.disposeAsync());

const pulled = () => join(folder, 'cache', 'images', 'pulled');

const setting = (host?: BrokenHost) => ({
  ...{ JUMPLEAD_CACHE: join(folder, 'cache'), XDG_STATE_HOME: join(folder, 'state') },
  ...(host && { JUMPLEAD_MIRROR_UBUNTU: host.url }),
});

const images = (args: string[], env: object = {}) =>
  execa(process.execPath, [CLI, 'images', ...args], { env: { ...setting(), ...env }, reject: false });

/** A publisher of that image. */
async function publisher(reply: Reply = {}, tls?: Parameters<typeof openBrokenHost>[0]): Promise<BrokenHost> {
  const host = stack.use(await openBrokenHost(tls));
  host.serve('/24.04/release/SHA256SUMS', { bytes: Buffer.from(`${sha256} *${FILE}\n`) });
  host.serve(IMAGE, { bytes: BYTES, etag: `"${sha256}"`, ...reply });
  return host;
}

const bodies = (host: BrokenHost) => host.seen.filter(({ path }) => path === IMAGE);

test('pull prints the path; in a pipe its progress is lines; what is there is not downloaded again', async () => {
  const host = await publisher({ bytes: await bootable() });
  const first = await images(['pull', `${host.url}${IMAGE}`, '--name', 'mine'], setting(host));
  expect(first.exitCode, first.stderr).toBe(0);
  expect(await readFile(first.stdout)).toEqual(await bootable());
  expect(first.stderr.replace(/ +\d+\.\d+ s/, '  TIME')).toMatchInlineSnapshot(`
    "  pull: download
      pull: check
    ✔ pull  TIME  1.0 KiB, checked against nothing: no checksum was given"
  `);
  const again = await images([...PULL], setting(await publisher()));
  expect(again.stdout).toBe(join(pulled(), ID, FILE));
  const host2 = await publisher();
  const third = await images([...PULL, '--json'], setting(host2));
  expect(JSON.parse(third.stdout)).toMatchObject({ id: ID, file: again.stdout });
  expect(third.stderr).toContain(`${ID}: unchanged since it was pulled`);
  expect(bodies(host2)).toEqual([]);
  const { stdout } = await images(['ls']);
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    [ID, 'pulled', '293 KiB'],
    [expect.stringMatching(/^mine-x86_64-/), 'pulled', '1.0 KiB'],
  ]);
});

const bootable = async () => Buffer.alloc(1_024, 'boot');

test('two processes that pull the same download it once', async () => {
  const host = await publisher();
  const both = await Promise.all([images(PULL, setting(host)), images(PULL, setting(host))]);
  expect(both.map(({ stdout, exitCode }) => ({ stdout, exitCode }))).toEqual(
    [1, 2].map(() => ({ stdout: join(pulled(), ID, FILE), exitCode: 0 })),
  );
  expect(bodies(host)).toHaveLength(1);
});

test('what a process has left that was killed is told of by the doctor, and cleared away', async () => {
  const host = await publisher({ silentAfter: 100_000 });
  const killed = images(PULL, setting(host));
  stack.defer(() => void killed.kill('SIGKILL'));
  for await (const line of killed.iterable({ from: 'stderr' }))
    if (String(line).endsWith('download')) killed.kill('SIGKILL');
  await killed;
  const left = (await readdir(pulled())).filter((name) => !name.endsWith('.lock'));
  expect(left).toHaveLength(1);
  const { stdout: seen } = await execa(process.execPath, [CLI, 'doctor'], { env: setting() });
  expect(seen).toContain(join(pulled(), left[0] ?? ''));
  expect(seen).toContain('$ jumplead images gc');
  const { stdout } = await images(['gc']);
  expect(stdout).toContain(left[0]);
  expect(await readdir(pulled())).toEqual([]);
});

test.for([
  ['announced', {}],
  ['met on the way', { length: null }],
] as [string, Reply][])('a disk that is full leaves nothing: %s', async ([, reply]) => {
  const host = await publisher(reply);
  const cache = join(folder, 'cache');
  const mount = `mkdir -p ${cache} && mount -t tmpfs -o size=200k tmpfs ${cache} || exit 99`;
  const script = `${mount}; "$@"; code=$?; find ${cache} -type f; exit $code`;
  const apart = process.getuid?.() === 0 ? ['-m'] : ['-rm'];
  const command = [process.execPath, CLI, 'images', ...PULL];
  const { exitCode, stderr, stdout } = await execa(
    'unshare',
    [...apart, 'sh', '-c', script, 'sh', ...command],
    {
      env: setting(host),
      reject: false,
    },
  );
  expect(exitCode, stderr).toBe(3);
  expect(stderr).toMatch(/no space left for http:\S+ in .*: \d+ KiB needed, \d+ K?i?B free/);
  expect(stderr).toMatch(/^fault: this host or its surroundings$/m);
  expect(stdout).toBe('');
});

test.for(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])(
  'authorities of our own are honoured: %s',
  async (variable) => {
    const tls = await selfSigned();
    const host = await publisher({}, tls);
    const bundle = join(folder, 'authorities.pem');
    await writeFile(bundle, tls.cert);
    const strange = await images([...PULL, '--mirror', host.url]);
    expect(strange.exitCode).toBe(3);
    expect(strange.stderr).toContain("the server's certificate is signed by nobody this host knows");
    const { exitCode, stderr } = await images([...PULL, '--mirror', host.url], { [variable]: bundle });
    expect(exitCode, stderr).toBe(0);
  },
);

test('the proxy is honoured', async () => {
  const host = await publisher();
  const asked: string[] = [];
  // Of what is not encrypted it is asked itself; what is encrypted passes through.
  const proxy = createServer(({ url = '' }, response) => {
    asked.push(url);
    void fetch(`${host.url}${new URL(url).pathname}`)
      .then(async (answer) => response.end(Buffer.from(await answer.arrayBuffer())))
      .catch(() => response.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  stack.defer(() => void proxy.close());
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo; // SAFE: a TCP server that listens
  const env = { http_proxy: `http://127.0.0.1:${port}` };
  const { exitCode, stderr } = await images([...PULL, '--mirror', 'http://images.example'], env);
  expect(exitCode, stderr).toBe(0);
  expect(asked).toEqual(['http://images.example/24.04/release/SHA256SUMS', `http://images.example${IMAGE}`]);
});

test('a name that is misspelt is the fault of the caller, and the right one is named', async () => {
  const { exitCode, stderr } = await images(['pull', 'fedora44']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('no image "fedora44" in the catalogue; did you mean fedora-44?');
});

/** A built image, as the recipe of nobody. */
const built = async (name: string) =>
  await cachedBuild(
    { name, arch: 'x86_64', format: 1 },
    async (work) => {
      await writeFile(join(work, 'out', 'disk.qcow2'), BYTES);
      return [await describeFile(join(work, 'out'), 'disk.qcow2')];
    },
    { cache: join(folder, 'cache') },
  );

test('verify finds what was changed, puts it aside, and says what to type', async () => {
  const host = await publisher();
  const { stdout: file } = await images(PULL, setting(host));
  const image = await built('debian-12');
  expect(await images(['verify'])).toMatchObject({ exitCode: 0, stdout: `✔ ${image.id}\n✔ ${ID}` });
  for (const path of [file, image.file]) {
    await chmod(path, 0o600);
    await using content = await open(path, 'r+');
    await content.write(Buffer.from('!!!!'), 0, 4, 1_000);
  }
  const { exitCode, stdout, stderr } = await images(['verify']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^✘ verify .* 0 as they were, 2 damaged$/m);
  const told = stdout
    .replaceAll(folder, 'FOLDER')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'SHA')
    .replaceAll(ID, 'ID');
  expect(told.replaceAll(/\.damaged-\w+/g, '.damaged-X')).toMatchInlineSnapshot(`
    "✘ debian-12-x86_64-bd51ff5ad837: the SHA-256 of disk.qcow2 is SHA, and was SHA
        put aside: FOLDER/cache/images/built/.damaged-X; jumplead images gc removes it
        $ jumplead images build debian-12 --arch x86_64
    ✘ ID: the SHA-256 of ubuntu-24.04-server-cloudimg-amd64.img is SHA, and was SHA
        put aside: FOLDER/cache/images/pulled/.damaged-X; jumplead images gc removes it
        $ jumplead images pull ubuntu-24.04 --arch x86_64"
  `);
  expect((await images(['ls'])).stdout).toMatch(/^no images/);
  const { stdout: freed } = await images(['gc', '--dry-run']);
  expect(freed).toMatch(/would be freed$/);
  await images(['gc']);
  expect(await readdir(pulled())).toEqual([]);
});

test('verify of one that is not there names those that are', async () => {
  const { id } = await built('box');
  const { exitCode, stderr } = await images(['verify', 'bax']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`no image "bax" in the cache; there are: ${id}`);
});

test('gc names the option whose time is none', async () => {
  const { exitCode, stderr } = await images(['gc', '--older-than', 'soon']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--older-than: got "soon"; expected a time such as 30s, 2m, 12h or 30d');
});

test('gc removes the builds of older recipes', async () => {
  const { id: older } = await built('debian-12');
  await cachedBuild(
    { name: 'debian-12', arch: 'x86_64', format: 2 },
    async (work) => {
      await writeFile(join(work, 'out', 'disk.qcow2'), BYTES);
      return [await describeFile(join(work, 'out'), 'disk.qcow2')];
    },
    { cache: join(folder, 'cache') },
  );
  const { stdout } = await images(['gc', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ dryRun: false, removed: [{ name: older }] });
  expect((await images(['gc'])).stdout).toBe('nothing to remove');
});
