import { formatSize } from '../../../core/index.ts';

/** What is wrong with the header of a qcow2 image, in words that follow "it". */
export class Qcow2Fault extends Error {}

/** Only as much of an image is read for its header: extensions that end later are refused. */
export const LARGEST_HEADER = 2 ** 16;
/** The largest disk that is accepted: as large as a file of ext4 may be. */
export const LARGEST_DISK = 16 * 2 ** 40;

const [MIN_HEADER_V2, MIN_HEADER_V3] = [72, 104];
const INCOMPATIBLE = { dirty: 1n, corrupt: 2n, externalData: 4n, compression: 8n, extendedL2: 16n } as const;
const KNOWN_FEATURES = Object.values<bigint>(INCOMPATIBLE).reduce((all, bit) => all | bit);
const EXTENSION = {
  end: 0,
  dataFile: 0x44415441,
  encryption: 0x0537be77,
  bitmaps: 0x23852875,
  backingFormat: 0xe2792aca,
} as const;

/** As QEMU has them in `block/qcow2.h`. */
const LIMITS = {
  clusterBits: [9, 21],
  l1Bytes: 32 * 2 ** 20,
  refcountTableBytes: 8 * 2 ** 20,
  refcountOrder: 6,
  snapshots: 65_536,
  bitmaps: 65_535,
  compressions: 1,
} as const;

export interface Qcow2Rules {
  /** An image that its owner has named himself may lie over another, if it says in which format that is. */
  readonly overlays: boolean;
}

interface Layout {
  readonly version: number;
  readonly clusterSize: number;
  readonly headerLength: number;
  readonly features: bigint;
}

/**
 * Looks at every field of a header that QEMU would allocate, seek or open by, and refuses what QEMU would refuse, what refers to
 * other files, and what is absurd. The fields are those of QEMU's `docs/interop/qcow2.txt`.
 *
 * @param header The first {@link LARGEST_HEADER} bytes, or all where there are fewer; nothing beyond is looked at.
 * @param fileSize Bytes of the whole file.
 * @returns Bytes of the disk.
 * @throws Qcow2Fault
 */
export function checkQcow2(
  header: Buffer,
  fileSize: number,
  { overlays }: Qcow2Rules = { overlays: false },
): number {
  if (header.length < MIN_HEADER_V2) throw new Qcow2Fault('is a qcow2 image that ends within its header');
  const isOverlay = header.readBigUInt64BE(8) !== 0n;
  if (isOverlay && !overlays) throw new Qcow2Fault('is a qcow2 overlay of another file');
  if (header.readUInt32BE(32) !== 0) throw new Qcow2Fault('is encrypted');
  const layout = readLayout(header);
  const { features } = layout;
  if ((features & INCOMPATIBLE.externalData) !== 0n)
    throw new Qcow2Fault('is qcow2 with its data in another file');
  if ((features & INCOMPATIBLE.corrupt) !== 0n) throw new Qcow2Fault('is marked as corrupt');
  if ((features & ~KNOWN_FEATURES) !== 0n)
    throw new Qcow2Fault(`has features that are not known (0x${(features & ~KNOWN_FEATURES).toString(16)})`);
  const disk = checkDisk(header, layout);
  checkTables(header, layout, fileSize);
  const extensions = checkExtensions(header, layout);
  if (isOverlay && !extensions.has(EXTENSION.backingFormat))
    throw new Qcow2Fault('does not say which format the file has that it lies over');
  return disk;
}

function readLayout(header: Buffer): Layout {
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw new Qcow2Fault(`is qcow2 of version ${version}; known: 2, 3`);
  const clusterBits = within('cluster size (as a power of 2)', header.readUInt32BE(20), LIMITS.clusterBits);
  const clusterSize = 2 ** clusterBits;
  if (version === 2) return { version, clusterSize, headerLength: MIN_HEADER_V2, features: 0n };
  if (header.length < MIN_HEADER_V3) throw new Qcow2Fault('is a qcow2 image that ends within its header');
  const headerLength = within('header length', header.readUInt32BE(100), [MIN_HEADER_V3, clusterSize]);
  if (headerLength > header.length) throw new Qcow2Fault('is a qcow2 image that ends within its header');
  within('width of reference counts (as a power of 2)', header.readUInt32BE(96), [0, LIMITS.refcountOrder]);
  // The field came later than version 3: without it, it is zlib.
  if (headerLength > MIN_HEADER_V3) within('compression', header.readUInt8(104), [0, LIMITS.compressions]);
  return { version, clusterSize, headerLength, features: header.readBigUInt64BE(72) };
}

/** The disk must be of a size that somebody may have, and its table as large as that asks for. */
function checkDisk(header: Buffer, { clusterSize, features }: Layout): number {
  const disk = header.readBigUInt64BE(24);
  if (disk > BigInt(LARGEST_DISK))
    throw new Qcow2Fault(`is a disk of ${disk} bytes; allowed: ${formatSize(LARGEST_DISK)} at most`);
  const entries = header.readUInt32BE(36);
  within('size of the L1 table in bytes', entries * 8, [0, LIMITS.l1Bytes]);
  const entrySize = (features & INCOMPATIBLE.extendedL2) === 0n ? 8 : 16;
  const needed = Math.ceil(Number(disk) / (clusterSize * (clusterSize / entrySize)));
  if (entries < needed)
    throw new Qcow2Fault(`has an L1 table of ${entries} entries; its disk needs ${needed}`);
  return Number(disk);
}

function checkTables(header: Buffer, { clusterSize }: Layout, fileSize: number): void {
  const table = (name: string, offset: bigint, bytes: number) => {
    if (offset % BigInt(clusterSize) !== 0n) throw new Qcow2Fault(`has a ${name} that lies across clusters`);
    // Files may end within the last cluster.
    if (offset + BigInt(bytes) > BigInt(fileSize + clusterSize))
      throw new Qcow2Fault(`is damaged or incomplete: its ${name} lies beyond its end`);
  };
  table('L1 table', header.readBigUInt64BE(40), header.readUInt32BE(36) * 8);
  const clusters = header.readUInt32BE(56);
  const counts = within('size of the refcount table in bytes', clusters * clusterSize, [
    clusterSize,
    LIMITS.refcountTableBytes,
  ]);
  table('refcount table', header.readBigUInt64BE(48), counts);
  const snapshots = within('number of snapshots', header.readUInt32BE(60), [0, LIMITS.snapshots]);
  // Each has 40 bytes at least.
  if (snapshots > 0) table('snapshot table', header.readBigUInt64BE(64), snapshots * 40);
}

/** Extensions follow the header, within its cluster: type, length and data, in steps of 8 bytes. Returns their types. */
function checkExtensions(header: Buffer, { clusterSize, headerLength }: Layout): ReadonlySet<number> {
  const end = Math.min(clusterSize, header.length);
  const types = new Set<number>();
  for (let at = headerLength; ; ) {
    // QEMU takes the end of the cluster for the end of the list.
    if (at + 8 > end && end === clusterSize) return types;
    if (at + 8 > end) throw new Qcow2Fault('has header extensions without an end');
    const [type, length] = [header.readUInt32BE(at), header.readUInt32BE(at + 4)];
    if (type === EXTENSION.end) return types;
    if (length > end - at - 8)
      throw new Qcow2Fault(`has a header extension of ${length} bytes, which do not fit`);
    if (type === EXTENSION.dataFile) throw new Qcow2Fault('is qcow2 with its data in another file');
    if (type === EXTENSION.encryption) throw new Qcow2Fault('is encrypted');
    if (type === EXTENSION.bitmaps && length >= 4)
      within('number of bitmaps', header.readUInt32BE(at + 8), [0, LIMITS.bitmaps]);
    types.add(type);
    at += 8 + Math.ceil(length / 8) * 8;
  }
}

function within(name: string, value: number, [least, most]: readonly [number, number]): number {
  if (value >= least && value <= most) return value;
  throw new Qcow2Fault(`has a ${name} of ${value}; allowed: ${least} to ${most}`);
}
