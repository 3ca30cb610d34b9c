import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { findProgram, LaunchError, LEASHED, leash, UnreachableError } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import { channelFromDuplex } from '../std/index.ts';
import type { VsockPlan } from './plan-vsock.ts';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** How much of what the program says is kept. */
const KEPT = 4_000;

/**
 * Connects by a program whose stdin and stdout are the connection.
 *
 * @throws LaunchError when the program is missing; UnreachableError with its last words when it cannot connect.
 */
export async function connectThrough(plan: VsockPlan, signal: AbortSignal): Promise<ByteChannel> {
  const { target, program, args } = plan;
  const path = await findProgram([program]);
  if (!path) throw missing(program, args);
  const [file = path, ...rest] = [...leash(await findProgram(['setpriv'])), path, ...args];
  signal.throwIfAborted();
  const child = spawn(file, rest, { stdio: 'pipe', env: { ...process.env, ...LEASHED } });
  const exited = once(child, 'close');
  const said = listen(child, plan.connected);
  const abandon = () => child.kill('SIGKILL');
  signal.addEventListener('abort', abandon, { once: true });
  try {
    const connected = await Promise.race([said.connected.then(() => true), exited.then(() => false)]);
    signal.throwIfAborted();
    if (!connected) throw new UnreachableError(`${target}: cannot connect (${said.why()})`, { target });
  } finally {
    signal.removeEventListener('abort', abandon);
  }
  return channelOf(child, exited, target, said.why);
}

function channelOf(child: Child, exited: Promise<unknown[]>, target: string, why: () => string): ByteChannel {
  const channel = channelFromDuplex(Duplex.from({ readable: child.stdout, writable: child.stdin }), target);
  let disposed = false;
  return {
    write: (chunk) => channel.write(chunk),
    end: () => channel.end(),
    async *[Symbol.asyncIterator]() {
      yield* channel;
      const [code] = await exited;
      if (disposed || code === 0) return;
      throw new UnreachableError(`${target}: the connection was lost (${why()})`, { target });
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      await channel[Symbol.asyncDispose]();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function listen(child: Child, connected: RegExp): { connected: Promise<void>; why(): string } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-KEPT);
    if (connected.test(text)) resolve();
  });
  // The last line that tells of an error is the reason; others are about the program's own doings.
  const why = () =>
    / E (.*)/.exec(text.split('\n').findLast((line) => / E /.test(line)) ?? '')?.[1] ?? text.trim();
  return { connected: promise, why };
}

function missing(program: string, args: readonly string[]): LaunchError {
  return new LaunchError(`${program} is not installed; vsock needs it`, {
    command: [program, ...args].join(' '),
    exitCode: null,
    signal: null,
    stderr: '',
    hint: `install the package ${program}`,
  });
}
