import { once } from 'node:events';
import { type Explored, exploreSession } from '../../client/index.ts';
import { ConfigError, mistake, NotFoundError } from '../../core/index.ts';
import type { ExporterFile } from '../../exporter-file/index.ts';
import { openForkSocket } from '../../fork-socket.ts';
import type { PoolInfo } from '../../interfaces/index.ts';
import { ExitStatus } from '../exit-code.ts';
import { type ExporterSource, loadExporter } from '../exporter-source.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { type OutputOption, print } from '../jl/output.ts';
import { readReach } from '../jl/reach.ts';
import { readOptionDuration } from '../option-duration.ts';
import { type FoundPool, findPools } from '../pool/find-pools.ts';
import { findExporter, listedExporters } from '../pool/registry.ts';
import { createLiveLine, describePool, remarksOn } from '../pool/render.ts';
import { serveExporter } from '../run/serve-exporter.ts';
import { openLog } from '../run/text-log.ts';
import { runAt } from '../shell/run-at.ts';
import { alignColumns } from '../table.ts';

export interface ServeOptions extends ExporterSource {
  readonly output?: 'json';
}

/** Keeps the pools of an exporter file and shows how they are, until it is told to stop. */
export async function servePools(options: ServeOptions): Promise<void> {
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const file = await loadExporter(options);
  for (const notice of file.notices) process.stderr.write(`note: ${notice}\n`);
  const isData = options.output === 'json';
  const live = createLiveLine(process.stderr);
  const show: Show = isData ? showData : (machine, info) => live.show(describePool(machine, info));
  await serveExporter(file, {
    prepared: undefined,
    log: openLog('warn', 'text', live.above),
    signal,
    announce: async (host) => {
      const explored = await exploreSession(host);
      const pools = await findPools(explored.root);
      if (pools.length === 0) throw noPool(file);
      if (!isData)
        process.stderr.write('claim a machine: jumplead pool claim -- COMMAND; Ctrl-C ends the pool\n');
      for (const pool of pools) void follow(pool, show, signal);
      return explored;
    },
  });
}

type Show = (machine: string, info: PoolInfo) => void;

const showData: Show = (machine, info) =>
  void process.stdout.write(`${JSON.stringify({ machine, ...info })}\n`);

async function follow({ machine, handle, info }: FoundPool, show: Show, signal: AbortSignal): Promise<void> {
  try {
    for await (const news of handle.followPool(info.from, { signal })) show(machine, news);
  } catch {
    // It is being closed, which whoever closes it tells.
  }
}

export interface ClaimOptions {
  readonly pool?: string | undefined;
  readonly host?: string | undefined;
  readonly wait?: string | undefined;
}

/** Runs a command with a machine of its own, or keeps that until Ctrl-C. */
export async function claimMachine(
  words: readonly string[],
  { pool, host, wait }: ClaimOptions,
): Promise<void> {
  const patience = wait === undefined ? {} : { wait: readOptionDuration('--wait', wait) };
  const interrupts = listenForInterrupts();
  const { signal } = interrupts;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => interrupts[Symbol.dispose]());
  const explored = stack.use(await reach(pool, host));
  const found = await onlyPool(explored);
  const fork = await found.handle.openClaim({ from: found.info.from, signal, ...patience });
  const socket = stack.use(await openForkSocket(fork));
  const [program, ...args] = words[0] === '--' ? words.slice(1) : words;
  if (program === undefined) {
    process.stderr.write(`${fork.name} is yours until Ctrl-C\n`);
    process.stdout.write(`JUMPSTARTER_HOST=${socket.path}\n`);
    await once(signal, 'abort');
    throw signal.reason;
  }
  interrupts[Symbol.dispose](); // From here on signals are the command's.
  const code = await runAt(socket.path, program, args);
  if (code !== 0) throw new ExitStatus(code);
}

async function reach(pool: string | undefined, host: string | undefined): Promise<Explored> {
  if (host === undefined) return await exploreSession((await findExporter(pool)).host);
  if (pool !== undefined) throw mistake('--pool', 'names an exporter of this user; leave it out with --host');
  const { address, options } = await readReach({ host }, process.env);
  return await exploreSession(address, options);
}

async function onlyPool({ root, session }: Explored): Promise<FoundPool> {
  const pools = await findPools(root);
  const [first, second] = pools;
  if (first && !second) return first;
  const known = pools.map(({ machine }) => machine);
  const message = first
    ? `${session.target} keeps several pools (${known.join(', ')}): claim by jumplead in a program`
    : `the exporter at ${session.target} keeps no pool`;
  throw new NotFoundError(message, { what: 'pool', missing: '', known });
}

export type ListOptions = OutputOption;

/** Shows the pools that this user keeps. */
export async function listPools(options: ListOptions): Promise<void> {
  const exporters = await listedExporters();
  const all = await Promise.all(
    exporters.map(async ({ name, host }) => {
      await using explored = await exploreSession(host);
      const pools = await findPools(explored.root);
      return pools.map(({ machine, info }) => ({ name, machine, host, ...info }));
    }),
  );
  const data = all.flat();
  const remarks = data.flatMap((one) =>
    remarksOn(one).map((remark) => `${one.name} ${one.machine}: ${remark}\n`),
  );
  const text =
    data.length === 0
      ? 'no pool is served; begin one with: jumplead pool serve --exporter-config FILE'
      : alignColumns([
          ['POOL', 'MACHINE', 'READY', 'CLAIMED', 'GIVEN', 'BROKEN', 'REFUSED', 'FAILED'],
          ...data.map((one) => [
            one.name,
            one.machine,
            `${one.ready}/${one.min}`,
            `${one.claimed}/${one.max}`,
            ...[one.given, one.broken, one.refused, one.failed].map(String),
          ]),
        ]) + remarks.join('');
  const name = data.map((one) => one.name).join('\n');
  await print({ data, text: text.trimEnd(), name }, options);
}

function noPool({ file }: ExporterFile): ConfigError {
  const message = 'no machine of the file has a pool: write pool: { min: 2, max: 6 } into the config of one';
  return new ConfigError(`${file}: ${message}`, { issues: [{ path: 'export', message }], file });
}
