import { describe, expect, test } from 'vitest';
import type { ByteWriter, ContentEncoding } from '../../src/interfaces/index.ts';
import { canEncode, compressedWriter, decompressed } from '../../src/rpc/content-encoding.ts';

const ENCODINGS = ['gzip', 'xz', 'bz2', 'zstd'] as const;

async function* chunks(...parts: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

function collector(): ByteWriter & { readonly parts: Uint8Array[]; readonly ended: string[] } {
  const parts: Uint8Array[] = [];
  const ended: string[] = [];
  return {
    parts,
    ended,
    write: async (chunk) => void parts.push(chunk),
    close: async () => void ended.push('closed'),
    abort: async (reason) => void ended.push(String(reason)),
  };
}

const data = Buffer.from('all work and no play '.repeat(50_000));

async function compress(encoding: ContentEncoding): Promise<Buffer> {
  const target = collector();
  const writer = compressedWriter(target, encoding);
  await writer.write(data.subarray(0, 100_000));
  await writer.write(data.subarray(100_000));
  await writer.close();
  expect(target.ended).toEqual(['closed']);
  return Buffer.concat(target.parts);
}

describe.for(ENCODINGS)('%s', (encoding) => {
  test('gives back what was compressed', async () => {
    expect(await canEncode(encoding)).toBe(true);
    const packed = await compress(encoding);
    expect(packed.length).toBeLessThan(data.length / 10);
    expect((await collect(decompressed(chunks(packed), encoding))).equals(data)).toBe(true);
  });

  test('is an ImageError when it is something else, or cut', async () => {
    const nonsense = chunks(Buffer.from('this is not compressed at all'));
    await expect(collect(decompressed(nonsense, encoding))).rejects.toMatchObject({ code: 'image' });
    const packed = await compress(encoding);
    const cut = chunks(packed.subarray(0, packed.length - 20));
    await expect(collect(decompressed(cut, encoding))).rejects.toMatchObject({ code: 'image' });
  });

  test('passes on the error of its source', async () => {
    const packed = await compress(encoding);
    const broken = chunks(packed.subarray(0, 10), new Error('the disk went away'));
    await expect(collect(decompressed(broken, encoding))).rejects.toThrow('the disk went away');
  });

  test('can be given up in the middle', async () => {
    const packed = await compress(encoding);
    for await (const _ of decompressed(chunks(packed), encoding)) break;
    const target = collector();
    const writer = compressedWriter(target, encoding);
    await writer.write(data);
    await writer.abort('no more');
    expect(target.ended).toEqual(['no more']);
  });

  test('passes on the error of its target', async () => {
    const target = { ...collector(), write: async () => Promise.reject(new Error('no space')) };
    const writer = compressedWriter(target, encoding);
    const act = async () => {
      await writer.write(data);
      await writer.close();
    };
    await expect(act()).rejects.toThrow('no space');
  });
});
