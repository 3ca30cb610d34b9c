/** What a new disk lies over, if anything. */
export interface Backing {
  /** Absolute. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
}

/** Bytes at their place in a file; between them are zeros. */
export interface FilePart {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The content of a new file. */
export interface NewImage {
  readonly parts: readonly FilePart[];
  /** Bytes of the whole file. */
  readonly length: number;
}

/** As `qemu-img create` has them by default. */
const CLUSTER_BITS = 16;
const CLUSTER = 2 ** CLUSTER_BITS;
/** Of 16 bits each. */
const REFCOUNT_ORDER = 4;
const HEADER_LENGTH = 112;
/** Of the guest's disk, that one entry of the L1 table stands for: a cluster full of the entries of L2. */
const PER_L1_ENTRY = CLUSTER * (CLUSTER / 8);
const BACKING_FORMAT = 0xe2792aca;
/** QEMU takes no longer names of backing files. */
export const LONGEST_BACKING_PATH = 1_023;

/**
 * An empty qcow2 image of version 3 that shows `size` bytes: of `backing` where there is one, zeros elsewhere. The clusters of the
 * file are, in this order: header, refcount table, one block of refcounts, L1 table. The fields are those of QEMU's
 * `docs/interop/qcow2.txt`.
 */
export function newImage(size: number, backing?: Backing): NewImage {
  const entries = Math.ceil(size / PER_L1_ENTRY);
  const l1Clusters = Math.max(1, Math.ceil((entries * 8) / CLUSTER));
  const clusters = 3 + l1Clusters;
  const refcountTable = Buffer.alloc(8);
  refcountTable.writeBigUInt64BE(BigInt(2 * CLUSTER));
  const refcounts = Buffer.alloc(clusters * 2);
  for (let cluster = 0; cluster < clusters; cluster++) refcounts.writeUInt16BE(1, cluster * 2);
  return {
    parts: [
      { offset: 0, bytes: header(size, entries, backing) },
      { offset: CLUSTER, bytes: refcountTable },
      { offset: 2 * CLUSTER, bytes: refcounts },
    ],
    length: clusters * CLUSTER,
  };
}

function header(size: number, l1Entries: number, backing: Backing | undefined): Buffer {
  const extension = backing ? backingFormat(backing.format) : Buffer.alloc(0);
  const end = Buffer.alloc(8);
  const name = Buffer.from(backing?.path ?? '');
  const fields = Buffer.alloc(HEADER_LENGTH);
  fields.write('QFI\xfb', 'latin1');
  fields.writeUInt32BE(3, 4);
  if (backing) {
    fields.writeBigUInt64BE(BigInt(HEADER_LENGTH + extension.length + end.length), 8);
    fields.writeUInt32BE(name.length, 16);
  }
  fields.writeUInt32BE(CLUSTER_BITS, 20);
  fields.writeBigUInt64BE(BigInt(size), 24);
  fields.writeUInt32BE(l1Entries, 36);
  fields.writeBigUInt64BE(BigInt(3 * CLUSTER), 40);
  fields.writeBigUInt64BE(BigInt(CLUSTER), 48);
  fields.writeUInt32BE(1, 56);
  fields.writeUInt32BE(REFCOUNT_ORDER, 96);
  fields.writeUInt32BE(HEADER_LENGTH, 100);
  return Buffer.concat([fields, extension, end, name]);
}

/** Without it QEMU would guess, by bytes that the guest has written. */
function backingFormat(format: string): Buffer {
  const extension = Buffer.alloc(8 + Math.ceil(format.length / 8) * 8);
  extension.writeUInt32BE(BACKING_FORMAT);
  extension.writeUInt32BE(format.length, 4);
  extension.write(format, 8);
  return extension;
}
