import { crc32, deflateSync } from 'node:zlib';
import type { Screen } from './screen.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What is on the screen, as the bytes of a PNG file (eight bits each of red, green and blue). */
export function encodePng({ width, height, picture }: Screen): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0, at = 0; y < height; y += 1) {
    // Each row begins with its filter: none.
    at += 1;
    for (let x = 0; x < width; x += 1, at += 3) rows.set(picture(x, y), at);
  }
  return Buffer.concat([SIGNATURE, part('IHDR', header), part('IDAT', deflateSync(rows)), part('IEND')]);
}

function part(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.set(body, 4);
  bytes.writeUInt32BE(crc32(body), 4 + body.length);
  return bytes;
}
