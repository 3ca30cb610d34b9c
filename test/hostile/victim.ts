import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { type Channel, createChannel, type Target } from '../../src/rpc/grpc/index.ts';
import { type ReportNode, readReports } from '../../src/rpc/report.ts';
import { selfSigned } from '../exporter/self-signed.ts';
import { linesOf } from '../support/lines.ts';

/** What every call on TCP has to carry. */
export const PASSPHRASE = { 'x-jumpstarter-passphrase': 'sesame' };

/** Where an exporter can be reached: by Unix socket, TCP in plain, TLS, and the page with its screen. */
export interface Place {
  readonly socket: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly page: string;
}

/** What a process holds. */
export interface Holdings {
  /** MiB of JavaScript's objects and of the buffers behind them. */
  readonly mib: number;
  readonly descriptors: number;
  /** A new link to its page. */
  readonly link: string;
}

/** A process that is to survive what its peers do. */
export interface Victim extends AsyncDisposable {
  readonly pid: number;
  readonly place: Place;
  /** Of its certificate. */
  readonly fingerprint: string;
  /** Its drivers, as its report says. */
  readonly root: ReportNode;
  /** Another client, which did nothing wrong: it gets its answers, on a connection that it has had all the time. */
  checkHonest(): Promise<void>;
  /** The same as somebody who only comes now, from every side. */
  checkNewcomers(): Promise<void>;
  /** What it holds now, after a clean-up. */
  measure(): Promise<Holdings>;
  /** The most memory that it has ever had, in MiB. */
  peak(): Promise<number>;
  /** What it has written to stderr: nothing, if all is well. */
  complaints(): string;
}

const FIXTURE = new URL('../fixtures/hostile-exporter.ts', import.meta.url).pathname;

/** Starts the exporter of `fixtures/hostile-exporter.ts`; with `openFiles`, it may have no more than that. */
export async function startVictim({ openFiles }: { openFiles?: number } = {}): Promise<Victim> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'jumplead-victim-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const { cert, key, fingerprint } = await selfSigned();
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)]);

  const command = [
    process.execPath,
    '--expose-gc',
    '--disable-warning=ExperimentalWarning',
    FIXTURE,
    certFile,
    keyFile,
  ];
  const limited = openFiles === undefined ? [] : ['prlimit', `--nofile=${openFiles}:${openFiles}`];
  const [program = '', ...args] = [...limited, ...command];
  const child = spawn(program, args, { stdio: 'pipe' });
  const exited = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const died = exited.then(([code, signal]) => {
    throw new Error(`the exporter has died: ${code ?? signal}\n${stderr}`);
  });
  died.catch(() => undefined);
  const lines = linesOf(child.stdout);
  const nextLine = async () => (await Promise.race([lines.next(), died])).value ?? '';
  const place: Place = JSON.parse(await nextLine());
  const pid = child.pid ?? 0;

  const honest = stack.use(createChannel({ path: place.socket }));
  const { reports } = await honest.unary(ExporterService.method.getReport, {});
  const root = readReports(reports, 'the exporter');
  const power = root.children.get('power')?.uuid ?? '';
  const check = async (channel: Channel, metadata = {}) => {
    const called = channel.unary(
      ExporterService.method.driverCall,
      { uuid: power, method: 'on' },
      { metadata },
    );
    await Promise.race([called, died]);
  };
  await check(honest);

  const held = stack.move();
  return {
    pid,
    place,
    fingerprint,
    root,
    checkHonest: () => check(honest),
    checkNewcomers: async () => {
      for (const target of targets(place, fingerprint)) {
        await using channel = createChannel(target);
        await check(channel, PASSPHRASE);
      }
    },
    measure: async () => {
      child.stdin.write('\n');
      const { heap, link } = JSON.parse(await nextLine());
      const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
      return { mib: heap / 2 ** 20, descriptors, link };
    },
    peak: () => peakMemory(pid),
    complaints: () => stderr,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Every way to an exporter. */
export function targets({ socket, port, tlsPort }: Place, fingerprint: string): readonly Target[] {
  return [
    { path: socket },
    { host: '127.0.0.1', port, insecure: true },
    { host: 'localhost', port: tlsPort, tls: { fingerprint } },
  ];
}

/** The most memory that a process has ever had, in MiB. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}
