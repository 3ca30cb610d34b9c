/** What the guest of `boot-sector.ts` prints when it floods: from its first byte on, `bytes` of them. */
export function hexFlood(bytes: number): string {
  const lines = Array.from({ length: Math.ceil(bytes / 10) }, (_, number) => `${hex(number)}\r\n`);
  return lines.join('').slice(0, bytes);
}

const hex = (number: number) => number.toString(16).toUpperCase().padStart(8, '0');
