/** The bytes from offset `from` to `to` of an endless text: the numbers from 0, each on a line of 64 bytes. */
export function numberedLines(from: number, to: number): Buffer {
  const first = Math.floor(from / 64);
  const lines = Array.from({ length: Math.ceil(to / 64) - first }, (_, index) => line(first + index));
  return Buffer.from(lines.join('')).subarray(from - first * 64, to - first * 64);
}

const line = (number: number) => `${String(number).padStart(62)}\r\n`;
