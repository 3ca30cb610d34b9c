import { chmod, mkdir, mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { qemu } from '../../src/drivers/qemu/index.ts';
import { buildTinyGuest } from '../../src/images/index.ts';
import { serve } from '../../src/index.ts';

export interface ForksOptions {
  /** How many forks are made, one after the other. */
  readonly count: number;
  /** Gets a line for each problem as it is found, and how far it is. */
  readonly onProgress?: (line: string) => void;
}

const PROMPT = 'root@tiny:~# ';
/** So many are made before anything is counted: what is made once, or ahead, is there then. */
const WARM = 3;
/** How often is counted. */
const EVERY = 50;
/** The most by which our own memory may grow: what is alive, and what the process has of the host, of which V8 gives little back. */
const GROWTH: Readonly<Record<string, number>> = { 'live memory': 8 * 2 ** 20, memory: 192 * 2 ** 20 };

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/**
 * Forks a guest again and again; each answers a command and is gone. What went wrong, a line each: a fork that did not answer, and whatever
 * there is more of afterwards: processes, runs, sockets, snapshots, descriptors - guests' memories among them -, our own memory.
 */
export async function soakForks({ count, onProgress = () => undefined }: ForksOptions): Promise<string[]> {
  const guest = await buildTinyGuest({ arch: 'x86_64' });
  await using folder = await mkdtempDisposable(join(tmpdir(), 'soak-forks-'));
  // Where we are root, QEMU runs as somebody else, who must get at his files.
  await chmod(folder.path, 0o711);
  await mkdir(join(folder.path, 'run'), { mode: 0o711 });
  using _ = inFolder(folder.path);
  const config = { ...guest, arch: 'x86_64', memory: '256MiB', cloudInit: false, diskSize: '64MiB' } as const;
  await using vm = await serve(qemu({ ...config, accelerator: 'tcg', display: 'none' }), {
    log: pino({ level: 'silent' }),
  });
  await vm.power.on();
  {
    await using tty = await vm.console.open();
    await tty.expect(PROMPT, { timeout: '10m' });
  }
  await vm.snapshots.save('ready');
  const problems: string[] = [];
  const tell = (problem: string) => {
    problems.push(problem);
    onProgress(problem);
  };
  let before: Counted | undefined;
  for (let number = 1; number <= count; number++) {
    try {
      await using fork = await vm.fork({ from: 'ready' });
      await using tty = await fork.console.open();
      const { stdout } = await tty.run(`echo "fork ${number}"`);
      if (stdout !== `fork ${number}\n`) tell(`fork ${number} answered ${JSON.stringify(stdout)}`);
    } catch (error) {
      tell(`fork ${number}: ${String(error).split('\n')[0]}`);
    }
    if (number === WARM) before = await countAll(folder.path);
    if (!before || (number % EVERY !== 0 && number !== count)) continue;
    for (const problem of await findMore(folder.path, before)) tell(`after ${number} forks: ${problem}`);
    onProgress(`${number} of ${count} forks, ${problems.length} problems`);
  }
  return problems;
}

/** How many of each there are; of memory, bytes. */
type Counted = Readonly<Record<string, number>>;

async function countAll(folder: string): Promise<Counted> {
  const entries = async (path: string) => (await readdir(path).catch(() => [])).length;
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  return {
    processes: children.split(' ').filter(Boolean).length,
    runs: await entries(join(folder, 'state/jumplead/runs')),
    snapshots: await entries(join(folder, 'state/jumplead/snapshots')),
    sockets: await entries(join(folder, 'run')),
    descriptors: await entries('/proc/self/fd'),
    'live memory': heapUsed + external,
    memory: rss,
  };
}

/** What there is more of than before. What is being made ahead, or closed, may take a moment. */
async function findMore(folder: string, before: Counted): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const now = await countAll(folder);
    const more = Object.entries(before).filter(
      ([what, count]) => (now[what] ?? 0) > count + (GROWTH[what] ?? 0),
    );
    if (more.length === 0 || tries === 100)
      return more.map(([what, count]) => `${now[what]} of ${what}, and there were ${count}`);
    await sleep(50);
  }
}

/** Everything of jumplead lies in this folder until this is disposed of. */
function inFolder(path: string): Disposable {
  const own = {
    XDG_STATE_HOME: join(path, 'state'),
    XDG_RUNTIME_DIR: join(path, 'run'),
    JUMPLEAD_CACHE: join(path, 'cache'),
  };
  const before = { ...process.env };
  Object.assign(process.env, own);
  return {
    [Symbol.dispose]: () => {
      for (const name of Object.keys(own)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    },
  };
}
