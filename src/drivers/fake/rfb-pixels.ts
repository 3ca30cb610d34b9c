import type { Colour, Picture } from './screen.ts';

/** A part of the screen, in points. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a viewer wants its pixels (RFC 6143, 7.4): always true colour. */
export interface PixelFormat {
  readonly bytes: 1 | 2 | 4;
  readonly bigEndian: boolean;
  /** Of red, green and blue: the largest value, and where it lies. */
  readonly max: Colour;
  readonly shift: Colour;
}

/** Eight bits each, as most screens have them. */
export const TRUE_COLOUR: PixelFormat = {
  bytes: 4,
  bigEndian: false,
  max: [255, 255, 255],
  shift: [16, 8, 0],
};

/** The sixteen bytes of a pixel format. */
export function encodePixelFormat({ bytes, bigEndian, max, shift }: PixelFormat): Buffer {
  const encoded = Buffer.alloc(16);
  encoded.set([bytes * 8, bytes === 4 ? 24 : bytes * 8, bigEndian ? 1 : 0, 1]);
  max.forEach((value, index) => {
    encoded.writeUInt16BE(value, 4 + 2 * index);
  });
  encoded.set(shift, 10);
  return encoded;
}

/** What a viewer says with SetPixelFormat. */
export function decodePixelFormat(encoded: Buffer): PixelFormat {
  const bits = encoded.readUInt8(0);
  return {
    bytes: bits === 8 ? 1 : bits === 16 ? 2 : 4,
    bigEndian: encoded.readUInt8(2) !== 0,
    max: [encoded.readUInt16BE(4), encoded.readUInt16BE(6), encoded.readUInt16BE(8)],
    shift: [encoded.readUInt8(10), encoded.readUInt8(11), encoded.readUInt8(12)],
  };
}

/** The pixels of a rectangle in the encoding Raw, row by row. */
export function encodePixels(picture: Picture, area: Rectangle, format: PixelFormat): Buffer {
  const { bytes, bigEndian, max, shift } = format;
  const pixels = Buffer.alloc(area.width * area.height * bytes);
  let at = 0;
  for (let y = area.y; y < area.y + area.height; y += 1) {
    for (let x = area.x; x < area.x + area.width; x += 1) {
      const colour = picture(x, y);
      const value = [0, 1, 2].reduce((sum, part) => {
        const scaled = Math.round(((colour[part] ?? 0) * (max[part] ?? 0)) / 255);
        return sum + scaled * 2 ** (shift[part] ?? 0);
      }, 0);
      at = bigEndian ? pixels.writeUIntBE(value, at, bytes) : pixels.writeUIntLE(value, at, bytes);
    }
  }
  return pixels;
}
