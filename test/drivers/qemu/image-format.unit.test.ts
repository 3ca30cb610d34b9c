import { expect, test } from 'vitest';
import { readImageFacts } from '../../../src/drivers/qemu/storage/image-format.ts';

/** The header of a qcow2 image of version 3 and 4 MiB, with some fields changed. */
function qcow2(change: (header: DataView) => void = () => undefined): Uint8Array {
  const header = new DataView(new ArrayBuffer(112));
  header.setUint32(0, 0x514649fb);
  header.setUint32(4, 3);
  header.setBigUint64(24, 4n * 2n ** 20n);
  change(header);
  return new Uint8Array(header.buffer);
}
const facts = (header: Uint8Array) => readImageFacts(header, 10_000, 'disk');

test('the size of a qcow2 image is in its header; of anything else it is that of the file', () => {
  expect(facts(qcow2())).toEqual({ format: 'qcow2', virtualSize: 4 * 2 ** 20 });
  expect(facts(Buffer.alloc(512))).toEqual({ format: 'raw', virtualSize: 10_000 });
  expect(facts(Buffer.from('short'))).toEqual({ format: 'raw', virtualSize: 10_000 });
});

test.for([
  ['a version nobody knows', qcow2((header) => header.setUint32(4, 9)), 'qcow2 of version 9'],
  ['an overlay', qcow2((header) => header.setBigUint64(8, 112n)), 'overlay of another file'],
  ['an encrypted one', qcow2((header) => header.setUint32(32, 1)), 'encrypted'],
  ['data elsewhere', qcow2((header) => header.setUint32(76, 4)), 'its data in another file'],
  ['a web page', Buffer.from('\n <HTML>'), 'a web page'],
  ['a pointer', Buffer.from('version https://git-lfs.github.com/spec/v1'), 'a Git LFS pointer'],
] as const)('%s is refused', ([, header, reason]) => {
  expect(() => facts(header)).toThrow(
    expect.objectContaining({ code: 'image', source: 'disk', reason: expect.stringContaining(reason) }),
  );
});

test('an empty file is refused', () => {
  expect(() => readImageFacts(Buffer.alloc(0), 0, 'disk')).toThrow(
    'disk: the image cannot be used: it is empty',
  );
});
