/** The packets of TFTP: RFC 1350, with options by RFC 2347. */

/** What may go wrong, by RFC 1350. */
export const TftpError = {
  undefined: 0,
  notFound: 1,
  forbidden: 2,
  illegal: 4,
  unknownTransfer: 5,
} as const;

const RRQ = 1;
const WRQ = 2;
const DATA = 3;
const ACK = 4;
const ERROR = 5;
const OACK = 6;

/** What a server may be sent. */
export type TftpPacket =
  | {
      readonly kind: 'read';
      readonly name: string;
      readonly mode: string;
      /** By their names in small letters. */
      readonly options: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'write' }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'unknown' };

/** Reads a packet; what is none is `unknown`. */
export function readPacket(packet: Buffer): TftpPacket {
  if (packet.length < 4) return { kind: 'unknown' };
  switch (packet.readUInt16BE(0)) {
    case RRQ:
      return readRequest(packet);
    case WRQ:
      return { kind: 'write' };
    case ACK:
      return { kind: 'ack', block: packet.readUInt16BE(2) };
    case ERROR:
      return {
        kind: 'error',
        code: packet.readUInt16BE(2),
        message: packet.toString('utf8', 4).split('\0')[0] ?? '',
      };
    default:
      return { kind: 'unknown' };
  }
}

function readRequest(packet: Buffer): TftpPacket {
  const fields = packet.toString('utf8', 2).split('\0');
  // Every field ends with a zero byte, so the last one is empty.
  const [name, mode, ...rest] = fields.slice(0, -1);
  if (!name || !mode) return { kind: 'unknown' };
  const options = new Map<string, string>();
  for (let at = 0; at + 1 < rest.length; at += 2)
    options.set((rest[at] ?? '').toLowerCase(), rest[at + 1] ?? '');
  return { kind: 'read', name, mode: mode.toLowerCase(), options };
}

/** A block of a file; numbers go on at 0 after 65535. */
export function dataPacket(block: number, data: Uint8Array): Buffer {
  return Buffer.concat([twice(DATA, block % 65_536), data]);
}

export function errorPacket(code: number, message: string): Buffer {
  return Buffer.concat([twice(ERROR, code), Buffer.from(`${message}\0`)]);
}

/** Which options are accepted, and as what. */
export function optionsPacket(options: ReadonlyMap<string, number>): Buffer {
  const fields = [...options].map(([name, value]) => `${name}\0${value}\0`);
  const packet = Buffer.from(`\0\0${fields.join('')}`);
  packet.writeUInt16BE(OACK, 0);
  return packet;
}

function twice(first: number, second: number): Buffer {
  const packet = Buffer.alloc(4);
  packet.writeUInt16BE(first, 0);
  packet.writeUInt16BE(second, 2);
  return packet;
}
