import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readImageFacts } from '../../../src/drivers/qemu/storage/image-format.ts';

const MIB = 2 ** 20;
/** Bytes of the file that the header below begins. */
const FILE = 200_000;
const FIRST_EXTENSION = 112;

/** The header of a qcow2 image of version 3 and 4 MiB, with some fields changed. */
function qcow2(change: (header: DataView) => void = () => undefined, length = 512): Uint8Array {
  const header = new DataView(new ArrayBuffer(length));
  header.setUint32(0, 0x514649fb);
  header.setUint32(4, 3);
  header.setUint32(20, 16);
  header.setBigUint64(24, BigInt(4 * MIB));
  header.setUint32(36, 1);
  header.setBigUint64(40, 0x30000n);
  header.setBigUint64(48, 0x10000n);
  header.setUint32(56, 1);
  header.setUint32(96, 4);
  header.setUint32(100, FIRST_EXTENSION);
  change(header);
  return new Uint8Array(header.buffer);
}
const facts = (header: Uint8Array, size = FILE) => readImageFacts(header, size, 'disk');

test('the size of a qcow2 image is in its header; of anything else it is that of the file', () => {
  expect(facts(qcow2())).toEqual({ format: 'qcow2', virtualSize: 4 * MIB });
  expect(facts(Buffer.alloc(512))).toEqual({ format: 'raw', virtualSize: FILE });
  expect(facts(Buffer.from('short'))).toEqual({ format: 'raw', virtualSize: FILE });
});

/** A header with an extension, whose data begins with `start`. */
function extension(type: number, length: number, start = 0): Uint8Array {
  return qcow2((header) => {
    header.setUint32(FIRST_EXTENSION, type);
    header.setUint32(FIRST_EXTENSION + 4, length);
    header.setUint32(FIRST_EXTENSION + 8, start);
  });
}

test.for([
  ['a version nobody knows', qcow2((header) => header.setUint32(4, 9)), 'qcow2 of version 9'],
  ['an overlay', qcow2((header) => header.setBigUint64(8, 112n)), 'overlay of another file'],
  ['an encrypted one', qcow2((header) => header.setUint32(32, 1)), 'encrypted'],
  ['data elsewhere', qcow2((header) => header.setUint32(76, 4)), 'its data in another file'],
  ['the name of a data file', extension(0x44415441, 8), 'its data in another file'],
  ['an encryption header', extension(0x0537be77, 16), 'encrypted'],
  ['one marked as corrupt', qcow2((header) => header.setUint32(76, 2)), 'marked as corrupt'],
  [
    'a feature nobody knows',
    qcow2((header) => header.setUint32(72, 1)),
    'features that are not known (0x100000000)',
  ],
  [
    'clusters too small',
    qcow2((header) => header.setUint32(20, 8)),
    'cluster size (as a power of 2) of 8; allowed: 9 to 21',
  ],
  ['clusters too large', qcow2((header) => header.setUint32(20, 63)), 'cluster size (as a power of 2) of 63'],
  ['half a header', qcow2().subarray(0, 100), 'ends within its header'],
  [
    'a header longer than what is there',
    qcow2((header) => header.setUint32(100, 4_096)),
    'ends within its header',
  ],
  [
    'a header longer than a cluster',
    qcow2((header) => header.setUint32(100, 2 ** 31)),
    'header length of 2147483648',
  ],
  [
    'a header too short',
    qcow2((header) => header.setUint32(100, 72)),
    'header length of 72; allowed: 104 to 65536',
  ],
  ['reference counts too wide', qcow2((header) => header.setUint32(96, 7)), 'width of reference counts'],
  [
    'a compression nobody knows',
    qcow2((header) => header.setUint8(104, 2)),
    'compression of 2; allowed: 0 to 1',
  ],
  [
    'a disk beyond reason',
    qcow2((header) => header.setBigUint64(24, 2n ** 63n)),
    'a disk of 9223372036854775808 bytes; allowed: 16 TiB at most',
  ],
  [
    'an L1 table beyond reason',
    qcow2((header) => header.setUint32(36, 2 ** 31)),
    'size of the L1 table in bytes',
  ],
  [
    'an L1 table too small',
    qcow2((header) => header.setBigUint64(24, 2n ** 40n)),
    'an L1 table of 1 entries; its disk needs 2048',
  ],
  [
    'an L1 table out of place',
    qcow2((header) => header.setBigUint64(40, 1n)),
    'L1 table that lies across clusters',
  ],
  [
    'an L1 table beyond the end',
    qcow2((header) => header.setBigUint64(40, 2n ** 63n)),
    'its L1 table lies beyond its end',
  ],
  [
    'no reference counts',
    qcow2((header) => header.setUint32(56, 0)),
    'size of the refcount table in bytes of 0',
  ],
  [
    'reference counts beyond reason',
    qcow2((header) => header.setUint32(56, 2 ** 31)),
    'size of the refcount table in bytes',
  ],
  [
    'reference counts beyond the end',
    qcow2((header) => header.setBigUint64(48, 2n ** 40n)),
    'its refcount table lies beyond its end',
  ],
  [
    'snapshots beyond reason',
    qcow2((header) => header.setUint32(60, 2 ** 31)),
    'number of snapshots of 2147483648; allowed: 0 to 65536',
  ],
  [
    'snapshots beyond the end',
    qcow2((header) => header.setUint32(60, 65_536)),
    'its snapshot table lies beyond its end',
  ],
  [
    'an extension that does not fit',
    extension(0x1234, 2 ** 31),
    'a header extension of 2147483648 bytes, which do not fit',
  ],
  [
    'extensions without an end',
    qcow2((header) => header.setUint32(FIRST_EXTENSION, 7), 120),
    'header extensions without an end',
  ],
  ['bitmaps beyond reason', extension(0x23852875, 24, 2 ** 31), 'number of bitmaps of 2147483648'],
  ['a web page', Buffer.from('\n <HTML>'), 'a web page'],
  ['a pointer', Buffer.from('version https://git-lfs.github.com/spec/v1'), 'a Git LFS pointer'],
] as const)('%s is refused', ([, header, reason]) => {
  expect(() => facts(header)).toThrow(
    expect.objectContaining({ code: 'image', source: 'disk', reason: expect.stringContaining(reason) }),
  );
});

test.for([
  ['KDMV....', 'a VMDK image'],
  ['# Disk DescriptorFile\nversion=1', 'a VMDK image'],
  ['vhdxfile', 'a VHDX image'],
  ['conectix', 'a VHD image'],
  ['PK\x03\x04', 'a ZIP archive; unpack it first'],
  ['7z\xbc\xaf', 'a 7z archive; unpack it first'],
  [`${'disk.img'.padEnd(257, '\0')}ustar`, 'a tar archive; unpack it first'],
  ['version https://git-lfs.github.com/spec/v1', 'git lfs pull'],
  ['\n<!DOCTYPE html>', 'a web page, not an image'],
] as const)('what is often taken for an image is refused, and called by its name: %j', ([start, reason]) => {
  expect(() => facts(Buffer.from(start, 'latin1'))).toThrow(reason);
});

test('an empty file is refused', () => {
  expect(() => readImageFacts(Buffer.alloc(0), 0, 'disk')).toThrow(
    'disk: the image cannot be used: it is empty',
  );
});

test('an extension that means nothing to us is left alone, and the end of the cluster ends them', () => {
  expect(facts(extension(0x6803f857, 144))).toMatchObject({ format: 'qcow2' });
  const full = qcow2((header) => {
    header.setUint32(20, 9);
    header.setUint32(36, 128);
    header.setUint32(FIRST_EXTENSION, 7);
    header.setUint32(FIRST_EXTENSION + 4, 512 - FIRST_EXTENSION - 8);
  });
  expect(facts(full)).toMatchObject({ format: 'qcow2' });
});

test('version 2 has a shorter header', () => {
  const old = qcow2((header) => {
    header.setUint32(4, 2);
    header.setBigUint64(72, 0n);
  });
  expect(facts(old)).toMatchObject({ format: 'qcow2', virtualSize: 4 * MIB });
});

test('an image that its owner has named may lie over another, if it says in which format', () => {
  const over = (header: Uint8Array) => {
    new DataView(header.buffer).setBigUint64(8, 400n);
    return readImageFacts(header, FILE, 'disk', { overlays: true });
  };
  expect(over(extension(0xe2792aca, 8))).toMatchObject({ format: 'qcow2' });
  expect(() => over(qcow2())).toThrow('it does not say which format the file has that it lies over');
});

describe('whatever a header says', () => {
  const field = fc.tuple(
    fc.constantFrom(
      4,
      8,
      20,
      24,
      32,
      36,
      40,
      48,
      56,
      60,
      64,
      72,
      76,
      80,
      88,
      96,
      100,
      104,
      112,
      116,
      120,
      128,
    ),
    fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 3, 9, 16, 21, 63, 104, 112, 2 ** 31, 2 ** 32 - 1)),
  );
  const check = (header: Uint8Array, size: number) => {
    // Bytes of somebody else's before and after: a view must not be left.
    const around = Buffer.concat([Buffer.alloc(64, 0xaa), header, Buffer.alloc(64, 0x55)]);
    let outcome: unknown;
    try {
      outcome = facts(around.subarray(64, 64 + header.length), size);
    } catch (error) {
      expect(error).toMatchObject({ code: 'image' });
      return;
    }
    expect(outcome).toEqual(facts(header, size));
    expect(outcome).toMatchObject({
      virtualSize: expect.toSatisfy((bytes) => bytes >= 0 && bytes <= 16 * 2 ** 40),
    });
  };

  test('a header with fields changed is accepted or refused, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(field, { maxLength: 4 }),
        fc.nat(1_024),
        fc.integer({ min: 1, max: 2 ** 40 }),
        (fields, length, size) => {
          const header = qcow2((view) => {
            for (const [at, value] of fields) view.setUint32(at, value % 2 ** 32);
          }, 1_024);
          check(header.subarray(0, length), size);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('any bytes behind the magic are accepted or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(2, 3), (bytes, version) => {
        check(Buffer.concat([Buffer.from([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, version]), bytes]), FILE);
      }),
      { numRuns: 2_000 },
    );
  });

  test('any bytes at all are accepted or refused, and nothing else', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => check(bytes, bytes.length)));
  });
});
