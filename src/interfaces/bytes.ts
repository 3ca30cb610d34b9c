import { StateError } from '../core/index.ts';

/**
 * A byte stream in both directions: what comes in is iterated, what goes out is written.
 *
 * `write` resolves when the bytes have been accepted and more may follow (back-pressure); `end` says that nothing more
 * will be written and leaves the other direction open; iteration ends when the other side has ended. Disposing closes
 * both directions at once.
 */
export interface ByteChannel extends AsyncIterable<Uint8Array>, AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** The most bytes of a message that must not be cut: 4 MiB, which every peer takes, less what its frame needs itself. */
export const LARGEST_MESSAGE = 4 * 1_024 * 1_024 - 64;

/** Compressions that a resource may have on the wire. */
export type ContentEncoding = 'gzip' | 'xz' | 'bz2' | 'zstd';

/** Where the bytes handed to a call come from. The same shape is given by a client and received by a driver. */
export type Source =
  | {
      readonly kind: 'stream';
      readonly chunks: AsyncIterable<Uint8Array>;
      readonly contentEncoding?: ContentEncoding | undefined;
    }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  /** A file that client and driver both see: only over the private session within one process. */
  | { readonly kind: 'local_path'; readonly path: string };

/** Where the bytes that a call produces go. */
export type Sink =
  | {
      readonly kind: 'stream';
      readonly writer: ByteWriter;
      readonly contentEncoding?: ContentEncoding | undefined;
    }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    };

/** Takes bytes one chunk after the other. Only what was closed is complete; `abort` says that it never will be. */
export interface ByteWriter {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(reason: unknown): Promise<void>;
}

/** What every channel says to a write after its `end`. */
export function writtenAfterEnd(): StateError {
  return new StateError('this direction of the stream has been ended; nothing more can be written', {
    state: 'ended',
    needed: 'open',
  });
}
