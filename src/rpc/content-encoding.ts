import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createUnzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { ImageError, watchFailure } from '../core/index.ts';
import type { ByteWriter, ContentEncoding } from '../interfaces/index.ts';

interface Codec {
  /** The program of the host that does it, where Node cannot. */
  readonly program?: string;
  readonly compress: () => Duplex | Promise<Duplex>;
  readonly decompress: () => Duplex | Promise<Duplex>;
}

const byProgram = (program: string, ...limits: string[]): Codec => ({
  program,
  compress: () => through(program, ['-c']),
  decompress: () => through(program, ['-dc', ...limits]),
});

/** Execa is a hundred files, which most processes never need. */
async function through(program: string, args: readonly string[]): Promise<Duplex> {
  const { execa } = await import('execa');
  return execa(program, args, { buffer: false }).duplex();
}

const codecs: Readonly<Record<ContentEncoding, Codec>> = {
  // Peers may send zlib's own format under this name: `createUnzip` takes both.
  gzip: { compress: createGzip, decompress: createUnzip },
  zstd: { compress: createZstdCompress, decompress: createZstdDecompress },
  // Who compresses says how much memory it takes to undo it.
  xz: byProgram('xz', '--memlimit-decompress=1GiB'),
  bz2: byProgram('bzip2'),
};

/** True if this host can do `encoding`. */
export async function canEncode(encoding: ContentEncoding): Promise<boolean> {
  const { program } = codecs[encoding];
  return program === undefined || (await isInstalled(program));
}

/** `chunks` decompressed. @throws ImageError when they are not in that encoding, or are cut. */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  encoding: ContentEncoding,
): AsyncGenerator<Uint8Array> {
  const output = await codecs[encoding].decompress();
  const input = watchFailure(chunks);
  const feeding = pipeline(Readable.from(input.chunks, { highWaterMark: 1 }), output);
  feeding.catch(() => undefined); // The iteration below fails with the same.
  try {
    yield* output;
    await feeding;
  } catch (cause) {
    if (input.failure) throw input.failure.reason;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError(
      `cannot decompress ${encoding}: ${reason}`,
      { reason: 'corrupt', source: encoding },
      { cause },
    );
  } finally {
    output.destroy();
  }
}

/** What is written to the result reaches `writer` compressed; complete only once closed. */
export function compressedWriter(writer: ByteWriter, encoding: ContentEncoding): ByteWriter {
  return throughCodec(writer, Promise.resolve(codecs[encoding].compress()));
}

function throughCodec(writer: ByteWriter, opening: Promise<Duplex>): ByteWriter {
  const draining = (async () => {
    for await (const chunk of await opening) await writer.write(chunk);
  })();
  draining.catch(async (error: unknown) =>
    (await opening).destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return {
    write: async (chunk) => {
      const codec = await opening;
      const written = Promise.withResolvers<void>();
      codec.write(chunk, (error) => (error ? written.reject(error) : written.resolve()));
      await written.promise.catch(async (error: unknown) => {
        await draining; // If it was the target that failed, that is what to tell.
        throw error;
      });
    },
    close: async () => {
      (await opening).end();
      await draining;
      await writer.close();
    },
    abort: async (reason) => {
      (await opening).destroy();
      await draining.catch(() => undefined);
      await writer.abort(reason);
    },
  };
}

const installed = new Map<string, Promise<boolean>>();

function isInstalled(program: string): Promise<boolean> {
  const known = installed.get(program) ?? findProgram(program);
  installed.set(program, known);
  return known;
}

async function findProgram(program: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.allSettled(
    folders.map((folder) => access(join(folder, program), constants.X_OK)),
  );
  return found.some(({ status }) => status === 'fulfilled');
}
