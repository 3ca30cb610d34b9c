import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SOCKET_BUFFER } from './limits.ts';

/**
 * `connection` such that HTTP/2 can be spoken over it. Node does not read from a connection while it writes to it; two
 * Node peers that write to one another block for ever, unless the way between them holds what they write. Sockets do,
 * with the windows of limits.ts; others get a buffer in front, and so do the Unix sockets of macOS, which hold 8 KiB.
 */
export function unblocked(connection: Duplex, platform: NodeJS.Platform = process.platform): Duplex {
  const isRoomy =
    connection instanceof Socket && (platform !== 'darwin' || connection.remoteAddress !== undefined);
  return isRoomy ? connection : new Buffered(connection);
}

class Buffered extends Duplex {
  readonly #inner: Duplex;

  constructor(inner: Duplex) {
    super();
    this.#inner = inner;
    inner.on('data', (chunk) => this.push(chunk) || inner.pause());
    inner.once('end', () => this.push(null));
    inner.once('close', () => this.destroy());
    inner.on('error', (error) => this.destroy(error));
    this.once('end', () => this.destroy()); // HTTP/2 has no use for half a connection.
  }

  override _read(): void {
    this.#inner.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#inner.write(chunk) || this.#inner.writableLength < SOCKET_BUFFER) done();
    else this.#inner.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Whoever is behind it may only notice an end: destroying one side of a pair says nothing to the other.
    this.#inner.end();
    setImmediate(() => this.#inner.destroy());
    done(error);
  }
}
