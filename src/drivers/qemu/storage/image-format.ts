import { formatSize, ImageError } from '../../../core/index.ts';
import { checkQcow2, LARGEST_HEADER, Qcow2Fault, type Qcow2Rules } from './qcow2-header.ts';

/** The formats of disk images that a machine can use. */
export type ImageFormat = 'raw' | 'qcow2';

/** What the first bytes of an image say. */
export interface ImageFacts {
  readonly format: ImageFormat;
  /** Size of the disk, in bytes, as the machine sees it. */
  readonly virtualSize: number;
}

/** The most that an image may unpack to, holes included: a few kilobytes unpack to zeros that would be hashed for hours. */
export const LARGEST_IMAGE = 2 ** 40;

/** How many bytes of an image are needed to know what it is. */
export const HEADER_SIZE = LARGEST_HEADER;

const QCOW2_MAGIC = 'QFI\xfb';

/** Things that are often taken for an image, by what they begin with. */
const NO_IMAGES: readonly (readonly [string, string])[] = [
  ['KDMV', 'a VMDK image; convert it with qemu-img convert -O qcow2'],
  ['# Disk DescriptorFile', 'the description of a VMDK image; convert it with qemu-img convert -O qcow2'],
  ['vhdxfile', 'a VHDX image; convert it with qemu-img convert -O qcow2'],
  ['conectix', 'a VHD image; convert it with qemu-img convert -O qcow2'],
  ['PK\x03\x04', 'a ZIP archive; unpack it first'],
  ['7z\xbc\xaf', 'a 7z archive; unpack it first'],
  ['version https://git-lfs', 'a Git LFS pointer; fetch the file itself with git lfs pull'],
];
/** Where a tar archive says what it is. */
const TAR_MAGIC = 257;
const WEB_PAGE = /^\s*<(?:!doctype|html|\?xml)/i;

/**
 * Reads an image's first bytes. A qcow2 image that refers to other files is refused: whoever made it would choose which
 * files of this host the machine reads. So is one whose sizes are absurd: QEMU would allocate by them.
 *
 * @param header The first {@link HEADER_SIZE} bytes, or all where there are fewer.
 * @throws ImageError when it is empty, no image, or refused.
 */
export function readImageFacts(
  header: Uint8Array,
  size: number,
  source: string,
  rules?: Qcow2Rules,
): ImageFacts {
  if (size === 0) throw imageError('it is empty', source);
  const start = Buffer.from(header.buffer, header.byteOffset, header.length);
  const text = start.toString('latin1', 0, 512);
  if (text.startsWith(QCOW2_MAGIC)) return readQcow2(start, size, source, rules);
  const [, other] = NO_IMAGES.find(([magic]) => text.startsWith(magic)) ?? [];
  if (other) throw imageError(`it is ${other}`, source);
  if (text.startsWith('ustar', TAR_MAGIC)) throw imageError('it is a tar archive; unpack it first', source);
  if (WEB_PAGE.test(text)) throw imageError('it is a web page, not an image: is the address right?', source);
  return { format: 'raw', virtualSize: size };
}

function readQcow2(header: Buffer, size: number, source: string, rules?: Qcow2Rules): ImageFacts {
  try {
    return { format: 'qcow2', virtualSize: checkQcow2(header, size, rules) };
  } catch (error) {
    if (error instanceof Qcow2Fault) throw imageError(`it ${error.message}`, source);
    throw error;
  }
}

/** @throws ImageError when an image has unpacked to more bytes than it may. */
export function requireReasonable(bytes: number, source: string, largest = LARGEST_IMAGE): void {
  if (bytes > largest) throw imageError(`it unpacks to more than ${formatSize(largest)}`, source);
}

/** An image that cannot be used, and why. */
export function imageError(reason: string, source: string, cause?: unknown): ImageError {
  return new ImageError(
    `${source}: the image cannot be used: ${reason}`,
    { reason, source },
    { operation: 'flash', cause },
  );
}
