import { connect } from 'node:net';

/** More than any report has, in bytes; it is granted at once, so that the window never has to be opened further. */
const WINDOW = 4 * 1_024 * 1_024;
const WINDOW_BY_DEFAULT = 65_535;

/** What of HTTP/2 one call needs: types of frames, flags, a setting. */
const Frame = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7, windowUpdate: 8 } as const;
const Flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8 } as const;
const INITIAL_WINDOW_SIZE = 4;
const FRAME_HEADER = 9;
const STREAM = 1;
/** Of a gRPC message: whether it is compressed, and its length. */
const PREFIX = 5;

/**
 * Calls a method without arguments at a Unix socket, and gives the bytes of its answer. `node:http2` takes longer to load than all else
 * here; what it knows beyond this one call - many streams, compressed headers, small windows - does not come up.
 *
 * @throws Error when there is no answer of one uncompressed message; why is not found out
 */
export async function callOnce(path: string, method: string, signal: AbortSignal): Promise<Uint8Array> {
  const socket = connect({ path, signal });
  try {
    socket.write(request(method));
    const pieces: Buffer[] = [];
    let received = 0;
    let rest = Buffer.alloc(0);
    for await (const chunk of socket) {
      received += chunk.length;
      if (received > WINDOW) throw new Error('the answer is longer than any report');
      rest = Buffer.concat([rest, chunk as Buffer]); // SAFE: a socket without an encoding
      while (rest.length >= FRAME_HEADER && rest.length >= FRAME_HEADER + rest.readUIntBE(0, 3)) {
        const length = rest.readUIntBE(0, 3);
        const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
        const payload = rest.subarray(FRAME_HEADER, FRAME_HEADER + length);
        rest = rest.subarray(FRAME_HEADER + length);
        if (type === Frame.settings && (flags & Flag.ack) === 0) socket.write(frame(type, Flag.ack, 0));
        if (type === Frame.goAway || type === Frame.reset) throw new Error('the call was refused');
        if (stream !== STREAM) continue;
        if (type === Frame.data) pieces.push(unpadded(payload, flags));
        const isLast = type === Frame.data || type === Frame.headers;
        if (isLast && (flags & Flag.endStream) !== 0) return messageIn(Buffer.concat(pieces));
      }
    }
    throw new Error('the connection was closed');
  } finally {
    socket.destroy();
  }
}

/** All that there is to say, at once. */
function request(method: string): Buffer {
  const settings = Buffer.alloc(6);
  settings.writeUInt16BE(INITIAL_WINDOW_SIZE, 0);
  settings.writeUInt32BE(WINDOW, 2);
  const more = Buffer.alloc(4);
  more.writeUInt32BE(WINDOW - WINDOW_BY_DEFAULT);
  const headers = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': method,
    ':authority': 'localhost',
    te: 'trailers',
    'content-type': 'application/grpc',
  };
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(Frame.settings, 0, 0, settings),
    frame(Frame.windowUpdate, 0, 0, more),
    frame(Frame.headers, Flag.endHeaders, STREAM, Buffer.concat(Object.entries(headers).map(literal))),
    frame(Frame.data, Flag.endStream, STREAM, Buffer.alloc(PREFIX)),
  ]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(FRAME_HEADER);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** A header as HPACK has it when nothing is compressed; both words are shorter than 127 bytes. */
const literal = ([name, value]: [string, string]) =>
  Buffer.from(`\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`);

function unpadded(payload: Buffer, flags: number): Buffer {
  if ((flags & Flag.padded) === 0) return payload;
  return payload.subarray(1, payload.length - payload.readUInt8(0));
}

/** A call that has failed has no message. */
function messageIn(body: Buffer): Uint8Array {
  const isOne = body.length >= PREFIX && body[0] === 0 && body.readUInt32BE(1) === body.length - PREFIX;
  if (!isOne) throw new Error('the answer is not one message');
  return body.subarray(PREFIX);
}
