import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { LaunchError, watchFailure } from '../../../core/index.ts';
import type { ContentEncoding } from '../../../interfaces/index.ts';
import { imageError } from './image-format.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** The compressions, by their first bytes. */
const MAGIC: readonly (readonly [string, ContentEncoding])[] = [
  ['1f8b08', 'gzip'],
  ['fd377a585a00', 'xz'],
  ['425a68', 'bz2'],
  ['28b52ffd', 'zstd'],
];
/** What decoders give at a time: each chunk costs two trips through a thread of the pool. */
const CHUNK = 2 ** 20;
/** Enough bytes to tell. */
export const MAGIC_SIZE = 8;

/** The compression that something begins with, if it is one we know. */
export function detectCompression(start: Uint8Array): ContentEncoding | undefined {
  const hex = Buffer.from(start.subarray(0, MAGIC_SIZE)).toString('hex');
  return MAGIC.find(([magic]) => hex.startsWith(magic))?.[1];
}

/**
 * Undoes a compression. The chunks may be reused by whoever made them once the next is asked for: they are copied.
 *
 * @throws ImageError when the bytes are damaged or end early; whatever `chunks` throws.
 */
export function decompress(chunks: Bytes, encoding: ContentEncoding, source: string): Bytes {
  switch (encoding) {
    case 'gzip':
      return throughStream(chunks, createGunzip({ chunkSize: CHUNK }), encoding, source);
    case 'zstd':
      return throughStream(chunks, createZstdDecompress({ chunkSize: CHUNK }), encoding, source);
    case 'xz':
      // Its header says how much memory it takes, up to 4 GiB; what xz itself makes takes 65 MiB at most.
      return throughProgram(chunks, ['xz', '-dc', '--memlimit-decompress=1GiB'], source);
    case 'bz2':
      return throughProgram(chunks, ['bzip2', '-dc'], source);
  }
}

/**
 * Undoes whatever compression the bytes begin with; other bytes pass as they are.
 *
 * @param onDetected Told before the first bytes which compression that is, if it is any.
 */
export async function* decompressDetected(
  chunks: Bytes,
  source: string,
  onDetected: (encoding: ContentEncoding | undefined) => void = () => undefined,
): Bytes {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    const start = await takeStart(iterator);
    const whole = startWith(start, iterator);
    const encoding = detectCompression(start);
    onDetected(encoding);
    yield* encoding ? decompress(whole, encoding, source) : whole;
  } finally {
    await iterator.return?.();
  }
}

async function takeStart(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < MAGIC_SIZE; ) {
    const { done, value } = await iterator.next();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

async function* startWith(start: Uint8Array, rest: AsyncIterator<Uint8Array>): Bytes {
  if (start.length > 0) yield start;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* throughStream(
  chunks: Bytes,
  decoder: NodeJS.ReadWriteStream & Readable,
  encoding: string,
  source: string,
): Bytes {
  const input = watchFailure(chunks);
  const fed = pipeline(readable(input.chunks), decoder);
  fed.catch(() => undefined);
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
    await fed;
  } catch (cause) {
    if (input.failure) throw input.failure.reason;
    throw imageError(
      `its ${encoding} data is damaged or ends early (${(cause as Error).message})`,
      source,
      cause,
    ); // SAFE: streams fail with errors
  } finally {
    decoder.destroy();
  }
}

async function* throughProgram(
  chunks: Bytes,
  command: readonly [string, ...string[]],
  source: string,
): Bytes {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const failed = once(child, 'close').then(
    ([code]) => (code === 0 ? undefined : imageError(`${file}: ${said() || `exited with ${code}`}`, source)),
    (cause) => missing(command, cause),
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-1_000);
  });
  const said = () => stderr.trim().replace(`${file}: `, '');
  const input = watchFailure(chunks);
  const fed = pipeline(readable(input.chunks), child.stdin);
  fed.catch(() => undefined);
  try {
    yield* child.stdout;
    await fed.catch(() => undefined);
    if (input.failure) throw input.failure.reason;
    const error = await failed;
    if (error) throw error;
  } finally {
    child.kill('SIGKILL');
    await failed;
  }
}

/** As a stream of copies of the chunks that hold something: it keeps them for longer than they may last. */
function readable(chunks: Bytes): Readable {
  const full = async function* () {
    for await (const chunk of chunks) if (chunk.length > 0) yield Buffer.from(chunk);
  };
  return Readable.from(full(), { objectMode: false });
}

function missing([file, ...args]: readonly [string, ...string[]], cause: unknown): LaunchError {
  const hint = `install ${file === 'xz' ? 'xz-utils' : file}, or decompress the image yourself`;
  const fields = {
    command: [file, ...args].join(' '),
    exitCode: null,
    signal: null,
    stderr: String(cause),
    hint,
  };
  return new LaunchError(`${file} is needed for this image and cannot be run\n${hint}`, fields, { cause });
}
