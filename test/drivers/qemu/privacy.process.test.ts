/** What others on the host see of a session: of its files, its sockets, its processes, and its secrets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdir,
  mkdtempDisposable,
  readdir,
  readFile,
  readlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BORROWERS, findProgram } from '../../../src/core/index.ts';
import { bootSector } from '../../fixtures/boot-sector.ts';

const PROGRAM = join(import.meta.dirname, '../../fixtures/whole-session.ts');
const PASSWORD = 'Marker-9f3b-of-a-password';
const ROOT = process.getuid?.() === 0;
const asRoot = test.runIf(ROOT);

const stack = new AsyncDisposableStack();
let home: string;
let session: ChildProcess;
let ended: Promise<unknown>;
let facts: {
  readonly target: string;
  readonly description: { readonly command: string[]; readonly user: string };
  readonly identity: { readonly privateKey: string };
  readonly token: string;
  readonly statuses: number[];
  readonly errors: string[];
};

/** Every program that is started: what is on its command line and in its environment goes to this file. */
const spied = () => join(home, 'spied');

beforeAll(async () => {
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'privacy-')));
  home = folder.path;
  await chmod(home, 0o755);
  const [run, artifacts, image] = ['r', 'out', 'boot.img'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(run, { mode: 0o755 });
  // The user's own folder, which others may look into.
  await mkdir(artifacts, { mode: 0o755 });
  const bytes = Buffer.alloc(2 ** 20, 'disk ');
  bytes.set(bootSector());
  await writeFile(image, bytes);
  const given = join(home, 'given');
  await writeFile(
    given,
    JSON.stringify({ password: PASSWORD, image, artifacts, logFile: join(home, 'log') }),
    {
      mode: 0o600,
    },
  );
  await writeFile(join(home, 'log'), '', { mode: 0o600 });
  const env = {
    ...process.env,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_RUNTIME_DIR: run,
    JUMPLEAD_CACHE: join(home, 'cache'),
    PATH: await installSpies(),
  };
  session = spawn('sh', ['-c', 'umask 022; exec "$0" "$@"', process.execPath, PROGRAM, given], { env });
  ended = once(session, 'close');
  let stderr = '';
  session.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  stack.defer(async () => {
    session.kill('SIGKILL');
    await ended;
  });
  const lines = createInterface({ input: session.stdout as NodeJS.ReadableStream }); // SAFE: a pipe
  const [line] = await Promise.race([
    once(lines, 'line'),
    ended.then(() => Promise.reject(new Error(stderr))),
  ]);
  facts = JSON.parse(line);
}, 180_000);
afterAll(() => stack.disposeAsync());

/** Puts a program before each that we start, which notes how it was called. */
async function installSpies(): Promise<string> {
  const bin = join(home, 'bin');
  await mkdir(bin);
  const names = [
    'setpriv',
    'flock',
    'qemu-img',
    'genisoimage',
    'xorrisofs',
    'prlimit',
    'fallocate',
    'xz',
    'qemu-system-x86_64',
  ];
  for (const name of names) {
    const real = await findProgram([name]);
    if (real === undefined) continue;
    // The environment is that of the program, of which this shell's own variables are no part.
    const script = `#!/bin/sh\n{ printf '%s\\n' "$0" "$@"; env; } >>${spied()}\nexec ${real} "$@"\n`;
    await writeFile(join(bin, name), script, { mode: 0o755 });
  }
  await writeFile(spied(), '', { mode: 0o666 });
  await chmod(spied(), 0o666);
  return [bin, process.env['PATH']].join(delimiter);
}

/** What is not the session's: the test's own. */
const OWN = ['bin', 'spied', 'given', 'boot.img', 'r', 'out'];

async function walk(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [path, ...(await walk(path))] : [path];
    }),
  );
  return found.flat();
}

const everything = async () => {
  const own = OWN.map((name) => join(home, name));
  return (await walk(home)).filter((path) => !own.includes(path) && dirname(path) !== own[0]);
};

/** Those of `paths` that somebody of these numbers can read, list, or (a socket) connect to, told their full paths. */
async function readableBy(
  ids: { uid: number; gid: number; groups?: number[] },
  paths: string[],
): Promise<string[]> {
  const groups = ids.groups ? ['--groups', ids.groups.join(',')] : ['--clear-groups'];
  const script =
    'while IFS= read -r path; do if [ -r "$path" ] || { [ -S "$path" ] && [ -w "$path" ]; }; then echo "$path"; fi; done';
  const args = ['--reuid', String(ids.uid), '--regid', String(ids.gid), ...groups, 'sh', '-c', script];
  const { stdout } = await execa('setpriv', args, { input: `${paths.join('\n')}\n` });
  return stdout === '' ? [] : stdout.split('\n');
}

describe('files', () => {
  asRoot(
    'another user can read, list or connect to none of them, although he knows where they are',
    async () => {
      const paths = await everything();
      expect(
        paths.filter((path) => /seed\.iso|console\.log|qemu\.sh|\/content\/|\/socket|image\.json/.test(path))
          .length,
      ).toBeGreaterThan(5);
      expect(await readableBy({ uid: 60_000, gid: 60_000 }, paths)).toEqual([]);
    },
  );

  test('none of them has a mode that lets others in', async () => {
    const modes = await Promise.all(
      (await everything()).map(async (path) => ({ path, stats: await lstat(path) })),
    );
    // Folders may be passed through by those who may not look into them.
    const open = modes.filter(
      ({ stats }) => !stats.isSymbolicLink() && (stats.mode & (stats.isDirectory() ? 0o006 : 0o007)) !== 0,
    );
    expect(open.map(({ path, stats }) => `${(stats.mode & 0o7777).toString(8)} ${path}`)).toEqual([]);
  });

  asRoot(
    "another machine's QEMU sees nothing of this one but what is lent, if it knows digest or name",
    async () => {
      const others = { uid: 60_700, gid: 60_700, groups: [BORROWERS] };
      const seen = await readableBy(others, await everything());
      const lent = [
        /\/images\/flashed\/content\/[0-9a-f]{64}$/,
        /\/images\/built\/box-[^/]+\/disk$/,
        // To the forks of a snapshot; its name is random.
        /\/snapshots\/[0-9a-f]{12}\/root\.qcow2$/,
      ];
      expect(seen.filter((path) => !lent.some((pattern) => pattern.test(path)))).toEqual([]);
      expect(seen.length).toBeGreaterThanOrEqual(lent.length);
    },
  );
});

/** Our process and all that it has started. */
async function family(): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [, parent] = /\) \S (\d+)/.exec(stat) ?? [];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const descends = (pid: number): boolean =>
    pid === session.pid || (parents.has(pid) && descends(parents.get(pid) ?? 0));
  return [...parents.keys()].filter((pid) => pid > 1 && descends(pid));
}

async function findQemu(): Promise<number> {
  // One that is about to end has no program any more.
  for (const pid of await family())
    if ((await readlink(`/proc/${pid}/exe`).catch(() => '')).includes('qemu-system')) return pid;
  throw new Error('there is no QEMU');
}

describe('processes', () => {
  test("QEMU's sandbox is in force, and where we are root it is nobody else", async () => {
    const status = await readFile(`/proc/${await findQemu()}/status`, 'utf8');
    expect(status).toMatch(/^Seccomp:\t2$/m);
    const [, uid] = /^Uid:\t(\d+)\t\1\t\1\t\1$/m.exec(status) ?? [];
    expect(uid).toBeDefined();
    if (!ROOT) return;
    expect(Number(uid)).toBeGreaterThanOrEqual(60_706);
    expect(status).toMatch(new RegExp(`^Gid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(facts.description.user).toBe(`as a user of its own (${uid})`);
  });

  test('every listener is on loopback, or a Unix socket in a private folder', async () => {
    const links = await Promise.all(
      (await family()).map(async (pid) => {
        const fds = await readdir(`/proc/${pid}/fd`);
        return await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
      }),
    );
    const ours = new Set(links.flat().flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
    const table = async (name: string) =>
      (await readFile(`/proc/net/${name}`, 'utf8'))
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/));
    const inet = (await Promise.all(['tcp', 'tcp6', 'udp', 'udp6'].map(table))).flat();
    // The state 0A is LISTEN; 07 is that of every UDP socket that receives.
    const listening = inet.filter(
      ([, , , state, , , , , , inode]) => ours.has(inode ?? '') && (state === '0A' || state === '07'),
    );
    const addresses = listening.map(([, local = '']) => local.split(':')[0]);
    // The page, the port that ssh is forwarded to, and the forward to that.
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    expect([...new Set(addresses)]).toEqual(['0100007F']);
    const unix = (await table('unix')).filter(
      ([, , , flags, , , inode]) => flags === '00010000' && ours.has(inode ?? ''),
    );
    const paths = unix.map((fields) => fields[7] ?? '@');
    expect(paths).toContain(facts.target.replace('unix:', ''));
    // The session's, and the screens of the machine and its fork.
    expect(paths).toHaveLength(3);
    for (const path of paths) expect((await lstat(dirname(path))).mode & 0o007).toBe(0);
  });
});

describe('secrets', () => {
  /** What may be known to nobody but the machine and its user. */
  const secrets = () => {
    const [, line = ''] = facts.identity.privateKey.split('\n').map((text) => text.trim());
    expect(line.length).toBeGreaterThan(40);
    return { password: PASSWORD, 'private key': line, token: facts.token };
  };

  test('are in no command line and no environment of what we start', async () => {
    const alive = await Promise.all(
      (await family()).flatMap((pid) =>
        ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
      ),
    );
    const started = await readFile(spied(), 'utf8');
    for (const name of ['setpriv', 'flock', 'qemu-system-x86_64'])
      expect(started).toContain(`/bin/${name}\n`);
    for (const secret of Object.values(secrets()))
      expect([...alive, started].join('\n')).not.toContain(secret);
  });

  test('are in no log, error, description, trail or other file but the seed disk', async () => {
    const log = await readFile(join(home, 'log'), 'utf8');
    expect(log).toContain('"host"');
    expect(facts.errors).toHaveLength(5);
    const said = [...facts.errors, JSON.stringify(facts.description)].join('\n');
    for (const secret of Object.values(secrets())) expect(said).not.toContain(secret);
    const found: string[] = [];
    for (const path of await everything()) {
      if (!(await lstat(path)).isFile()) continue;
      const text = await readFile(path, 'latin1');
      found.push(
        ...Object.entries(secrets()).flatMap(([name, secret]) =>
          text.includes(secret) ? [`${name} in ${path}`] : [],
        ),
      );
    }
    // Those of the machine, its snapshot, and its fork.
    expect(found).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^password in .*\/seed\.iso$/)),
    );
  });

  test('a link to the screen lets somebody in once', () => {
    expect(facts.statuses).toEqual([200, 403]);
  });
});
