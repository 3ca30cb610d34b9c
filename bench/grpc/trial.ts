// node trial.ts [candidate...]: measures each candidate, server and client in two processes over one Unix socket, and
// prints a table. BENCH_PYTHON names a Python that has grpcio and jumpstarter-protocol.
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { availableParallelism, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

interface Figures {
  readonly calls: { readonly p50: number; readonly p99: number };
  readonly echo: readonly number[];
  readonly up: readonly number[];
  readonly down: readonly number[];
  readonly headersFirst?: boolean;
  readonly cancels?: boolean;
  readonly stalled?: number;
  readonly duplex?: { readonly server: boolean; readonly client: boolean };
  readonly idleBytes?: number;
}

/** V8's young generation collected early: received bytes are young, and die young if they are looked at in time. */
const EARLY = ['--minor-gc-task-trigger=10'];
const RUNS: Readonly<Record<string, readonly [candidate: string, flags: string[]]>> = {
  net: ['net', []],
  jumplead: ['jumplead', []],
  'jumplead*': ['jumplead', EARLY],
  'grpc-js': ['grpc-js', []],
  'grpc-js*': ['grpc-js', EARLY],
  'nice-grpc': ['nice-grpc', []],
  'connect-node': ['connect-node', []],
};

async function run(candidate: string, execArgv: string[]): Promise<Figures> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bench-'));
  const [path, idlePath] = [join(folder.path, 'socket'), join(folder.path, 'idle')];
  const server = fork(new URL('serve.ts', import.meta.url), [candidate, path], { execArgv });
  await once(server, 'message');
  let idle: number | undefined;
  const proxy = createServer((socket) => {
    const count = (chunk: Buffer) => {
      if (idle !== undefined) idle += chunk.length;
    };
    socket
      .on('data', count)
      .pipe(connect(path))
      .on('data', count)
      .pipe(socket)
      .on('error', () => undefined);
  }).listen(idlePath);
  const client = fork(new URL('measure.ts', import.meta.url), [candidate, path, idlePath], { execArgv });
  try {
    return await new Promise((resolve, reject) => {
      client.on('exit', () => reject(new Error(`${candidate}: the client ended early`)));
      client.on('message', async (message: Figures | 'idle') => {
        if (message !== 'idle')
          return resolve({ ...message, ...(idle !== undefined && { idleBytes: idle }) });
        await sleep(500);
        idle = 0;
      });
    });
  } finally {
    await end(client);
    await end(server);
    proxy.close();
  }
}

async function runPython(python: string): Promise<Figures> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bench-'));
  const path = join(folder.path, 'socket');
  const script = new URL('candidates/python.py', import.meta.url).pathname;
  const server = spawn(python, [script, 'serve', path], { stdio: 'inherit' });
  try {
    await sleep(2_000);
    const { stdout } = await promisify(execFile)(python, [script, 'measure', path]);
    return JSON.parse(stdout) as Figures;
  } finally {
    await end(server);
  }
}

async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

const yes = (value: boolean | undefined) => (value === undefined ? '-' : value ? 'yes' : 'no');
const median = (rounds: readonly number[]) =>
  [...rounds].sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
const cells = (name: string, it: Figures) => [
  name,
  yes(it.headersFirst),
  `${median(it.echo)} (${it.echo.join(' ')})`,
  `${median(it.up)}`,
  `${median(it.down)}`,
  it.calls.p50.toFixed(2),
  it.calls.p99.toFixed(1),
  it.headersFirst === undefined ? '-' : it.stalled === undefined ? 'never' : `${it.stalled.toFixed(1)} MiB`,
  yes(it.cancels),
  it.idleBytes === undefined ? '-' : `${it.idleBytes} B`,
  it.duplex ? `${yes(it.duplex.server)}/${yes(it.duplex.client)}` : '-',
];

const HEAD = [
  '',
  'headers first',
  'echo MB/s (rounds)',
  'up MB/s',
  'down MB/s',
  'call p50 ms',
  'p99 ms',
  'writer stops after',
  'server sees cancel',
  'sent in 2.5 s idle',
  'Duplex server/client',
];
const wanted = process.argv.slice(2);
const python = process.env['BENCH_PYTHON'];
console.log(
  `Node ${process.version}, Linux ${release().split('-')[0]}, ${availableParallelism()} CPUs; 64 KiB frames; * = ${EARLY.join(' ')}\n`,
);
console.log(`| ${HEAD.join(' | ')} |\n|${' --- |'.repeat(HEAD.length)}`);
for (const [name, [candidate, flags]] of Object.entries(RUNS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`| ${cells(name, await run(candidate, flags)).join(' | ')} |`);
}
if (python && (wanted.length === 0 || wanted.includes('python'))) {
  console.log(`| ${cells('Python grpcio', await runPython(python)).join(' | ')} |`);
}
