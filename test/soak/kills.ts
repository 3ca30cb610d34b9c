import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { qemu } from '../../src/drivers/qemu/index.ts';
import { serve } from '../../src/index.ts';
import { BIOS } from '../support/bios-machine.ts';
import { type Home, openHome } from './home.ts';
import { findLeftFiles, findLeftProcesses, MARK } from './left.ts';
import type { Life } from './life.ts';
import { createRandom, type Random } from './random.ts';

const LIFE = join(import.meta.dirname, 'life.ts');
const BYSTANDER = join(import.meta.dirname, 'bystander.ts');

export interface KillsOptions {
  readonly seed: number;
  /** How many exporters are killed. */
  readonly count: number;
  /** How many of them have a real QEMU; the others the fake program. */
  readonly real: number;
  /** How many live at the same time, in the same folders. */
  readonly atOnce: number;
  /** Gets a line for each problem as it is found, and how far it is. */
  readonly onProgress?: (line: string) => void;
}

export interface KillsResult {
  readonly kills: number;
  /** What each was at when it was killed, and how often. */
  readonly moments: Readonly<Record<string, number>>;
  /** What was left or went wrong, a line each. */
  readonly problems: readonly string[];
}

/** What an exporter is at when it is killed: a random time after it has said so, in milliseconds. */
const MOMENTS: readonly (readonly [string, number])[] = [
  ['opening', 300],
  ['flashing known', 60],
  ['flashing new', 200],
  ['flashing compressed', 100],
  ['switching on', 250],
  ['running', 30],
  ['taking a picture', 30],
  ['switching off', 60],
  ['dumping', 60],
  ['building', 300],
  ['closing', 80],
  ['closed', 20],
];
/** Whoever never comes to that moment is killed all the same. */
const PATIENCE = 20_000;

/**
 * Kills exporters at random moments, and looks after each round of them, when the next one has started, whether anything is left of
 * them. Beside them a machine lives that must not notice.
 */
export async function soakKills(options: KillsOptions): Promise<KillsResult> {
  const { seed, count, real, atOnce, onProgress = () => undefined } = options;
  const random = createRandom(seed);
  const problems: string[] = [];
  const tell = (problem: string) => {
    problems.push(problem);
    onProgress(problem);
  };
  const moments: Record<string, number> = {};
  await using home = await openHome();
  await once(start(LIFE, { moment: 'nothing' }, home.environment(true)), 'close');
  await using bystander = await openBystander(home);
  const everyReal = real === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(count / real));
  let kills = 0;
  for (let round = 0; kills < count; round++) {
    const lives = Array.from({ length: Math.min(atOnce, count - kills) }, (_, lane) => {
      const isReal = (kills + lane) % everyReal === everyReal - 1;
      return kill(home, { seed: random.below(2 ** 31), mark: `${seed}-${round}`, isReal, lane });
    });
    for (const { moment, problem } of await Promise.all(lives)) {
      moments[moment] = (moments[moment] ?? 0) + 1;
      if (problem !== undefined) tell(`round ${round}, ${moment}: ${problem}`);
    }
    kills += lives.length;
    await startAndClose(home);
    const left = [
      ...(await findLeftProcesses(`${seed}-${round}`)),
      ...(await Promise.all(home.watched.map((folder) => findLeftFiles(folder, bystander.spared)))).flat(),
    ].filter((path) => !isBuilt(path));
    for (const what of left) tell(`round ${round}: left: ${what}`);
    const noticed = await bystander.check();
    if (noticed !== undefined) tell(`round ${round}: the bystander: ${noticed}`);
    if (round % 10 === 9 || kills === count)
      onProgress(`${kills} of ${count} killed, ${problems.length} problems`);
  }
  return { kills, moments, problems };
}

/** An image that was built to its end is no leftover. */
const isBuilt = (path: string) => /\/built\/box-x86_64-[0-9a-f]{12}\//.test(path);

interface Fate {
  readonly seed: number;
  readonly mark: string;
  readonly isReal: boolean;
  readonly lane: number;
}

/** Lets an exporter live, and kills it when its time has come. */
async function kill(
  home: Home,
  { seed, mark, isReal, lane }: Fate,
): Promise<{ moment: string; problem?: string }> {
  const random = createRandom(seed);
  const [moment, within] = random.pick(MOMENTS as [(typeof MOMENTS)[number], ...typeof MOMENTS]);
  const artifacts = join(home.path, 'artifacts', String(lane));
  await mkdir(artifacts, { recursive: true });
  const dump = join(home.path, `dump-${lane}`);
  const life: Life = { seed, moment, config: BIOS, images: home.images, artifacts, dump };
  const child = start(LIFE, life, { ...home.environment(!isReal), [MARK]: mark });
  const delay = random.below(within);
  const killed = await killAt(child, moment, delay, random);
  return killed === undefined ? { moment } : { moment, problem: killed };
}

/** Kills the process some time after it has said `moment`, perhaps not for the first time. What it died of, if not of that. */
async function killAt(
  child: ChildProcess,
  moment: string,
  delay: number,
  random: Random,
): Promise<string | undefined> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = once(child, 'close');
  const patience = AbortSignal.timeout(PATIENCE);
  let passes = random.below(2);
  const reached = (async () => {
    if (!child.stdout) return;
    for await (const line of createInterface({ input: child.stdout, signal: patience })) {
      if (line.startsWith(moment) && passes-- === 0) return;
    }
  })();
  await Promise.race([reached, ended]).catch(() => undefined);
  await sleep(delay);
  child.kill('SIGKILL');
  child.stdout?.resume();
  const [code, signal] = await ended;
  return signal === 'SIGKILL' ? undefined : `it ended by itself, with ${code ?? signal}\n${stderr}`;
}

function start(program: string, argument: object, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [program, JSON.stringify(argument)], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** The next start, which sweeps; here, so that afterwards there is nobody but the bystander. */
async function startAndClose(home: Home): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, home.environment(true));
  try {
    await using _vm = await serve(qemu(BIOS), { log: pino({ level: 'silent' }) });
  } finally {
    for (const name of Object.keys(home.environment(true))) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** A machine that lives through it all. */
interface Bystander extends AsyncDisposable {
  /** How the paths of what belongs to it begin. */
  readonly spared: readonly string[];
  /** What it has noticed, if anything. */
  check(): Promise<string | undefined>;
}

async function openBystander(home: Home): Promise<Bystander> {
  const child = start(BYSTANDER, { config: BIOS, image: home.images.plain }, home.environment(false));
  const ended = once(child, 'close');
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> }); // SAFE: 'pipe' in stdio
  const answers = lines[Symbol.asyncIterator]();
  const ask = async (): Promise<string> => {
    const answer = await Promise.race([
      answers.next(),
      ended.then(() => ({ done: true, value: '' }) as const),
    ]);
    return answer.done ? `it has ended\n${stderr}` : answer.value;
  };
  const spared: string[] = JSON.parse(await ask());
  return {
    spared,
    check: async () => {
      child.stdin?.write('well?\n');
      const answer = await ask();
      return answer === 'well' ? undefined : answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
