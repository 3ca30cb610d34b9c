// node measure.ts <candidate> <socket> <idle socket>: measures one candidate as a client; the figures go to stdout as JSON.
import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Candidate, type Client, COUNT, type Mode, PAYLOAD } from './candidate.ts';

const [name = '', path = '', idlePath = ''] = process.argv.slice(2);
const { candidate } = (await import(`./candidates/${name}.ts`)) as { candidate: Candidate };
const client = candidate.connect(path);
const within = <T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> =>
  Promise.race([promise, sleep(milliseconds, undefined, { ref: false })]);

/** MB/s of `COUNT` payloads, three rounds on a connection that is warm. */
async function throughput(mode: Mode): Promise<number[]> {
  const rounds: number[] = [];
  for (let round = 0; round < 4; round++) {
    const stream = await client.open(mode);
    const start = performance.now();
    const sending = mode === 'source' ? Promise.resolve() : send(stream, COUNT);
    const bytes = COUNT * PAYLOAD.length;
    let read = 0;
    for await (const length of stream.lengths) {
      read += length;
      if (mode === 'sink' || read === bytes) break;
    }
    await sending;
    if (mode !== 'sink' && read !== bytes) throw new Error(`${mode}: ${read} of ${bytes} bytes`);
    rounds.push(Math.round(bytes / 1e3 / (performance.now() - start)));
    stream.cancel();
  }
  return rounds.slice(1);
}

async function send(stream: { write(payload: Uint8Array): Promise<void>; end(): void }, count: number) {
  for (let index = 0; index < count; index++) await stream.write(PAYLOAD);
  if (name !== 'net') stream.end();
}

async function latency(): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let index = 0; index < 6_000; index++) {
    const start = performance.now();
    await client.call();
    times.push(performance.now() - start);
  }
  const sorted = times.slice(1_000).sort((a, b) => a - b);
  return { p50: sorted[2_500] ?? 0, p99: sorted[4_950] ?? 0 };
}

/** True if headers come although no message does. */
async function headersFirst(): Promise<boolean> {
  const stream = await client.open('stall');
  void drain(stream.lengths);
  const came =
    (await within(
      stream.headers.then(() => true),
      500,
    )) ?? false;
  stream.cancel();
  return came;
}

/** MiB that a writer gets rid of although nobody reads; undefined if it is never stopped. */
async function stalled(): Promise<number | undefined> {
  const stream = await client.open('stall');
  void drain(stream.lengths);
  for (let mebibytes = 0; mebibytes < 256; mebibytes += PAYLOAD.length / 2 ** 20) {
    const written = await within(
      stream.write(PAYLOAD).then(() => true),
      500,
    );
    if (written) continue;
    stream.cancel();
    return mebibytes;
  }
  stream.cancel();
  return undefined;
}

async function drain(lengths: AsyncIterable<number>) {
  try {
    for await (const _ of lengths);
  } catch {
    // Cancelled.
  }
}

/** True if the server learns within half a second that a stream was cancelled. */
async function cancels(): Promise<boolean> {
  const before = Number(await client.call());
  const stream = await client.open('stall');
  void drain(stream.lengths);
  void stream.write(PAYLOAD);
  await sleep(100);
  stream.cancel();
  await sleep(500);
  return Number(await client.call()) > before;
}

async function duplex(): Promise<{ server: boolean; client: boolean }> {
  const works = async (connect: (() => Client) | undefined) => {
    try {
      return connect !== undefined && (await within(connect().call(), 2_000)) !== undefined;
    } catch {
      return false;
    }
  };
  const { candidate: other } = (await import('./candidates/jumplead.ts')) as { candidate: Candidate };
  const [a, b] = duplexPair();
  candidate.serveDuplex?.(a);
  const server = await works(candidate.serveDuplex && (() => other.connectDuplex?.(b) as Client));
  const [c, d] = duplexPair();
  other.serveDuplex?.(c);
  return {
    server,
    client: await works(candidate.connectDuplex && (() => candidate.connectDuplex?.(d) as Client)),
  };
}

const isGrpc = name !== 'net';
const figures = {
  calls: await latency(),
  echo: await throughput('echo'),
  up: await throughput('sink'),
  down: await throughput('source'),
  ...(isGrpc && {
    headersFirst: await headersFirst(),
    cancels: await cancels(),
    stalled: await stalled(),
    duplex: await duplex(),
  }),
};
if (isGrpc) {
  await candidate.connect(idlePath).call();
  process.send?.('idle');
  await sleep(3_000);
}
process.send?.(figures);
setTimeout(() => process.exit(), 100);
