import type { Readable } from 'node:stream';
import { NotFoundError, UnreachableError } from '../core/index.ts';
import type { Image } from './image.ts';

/** An image in a storage that the package `opendal` reaches: a folder, an HTTP server, S3 and many more. */
export interface OperatorImage {
  readonly operator: StorageOperator;
  readonly path: string;
}

/** What is used of an `Operator` of the package `opendal`, which is whoever's it is who makes one: we never load it. */
export interface StorageOperator {
  capability(): { readonly presignRead: boolean };
  stat(path: string): Promise<{ readonly contentLength: bigint | null }>;
  presignRead(
    path: string,
    seconds: number,
  ): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
  reader(path: string): Promise<{ createReadStream(): Readable }>;
}

/** How long an exporter may use a signed address, in seconds: also for going on after a connection broke. */
const SIGNED_FOR = 3_600;

/**
 * Looks at an image in a storage. An exporter elsewhere is given an address, if the storage can sign one: then the bytes do not
 * take the way through us.
 *
 * @throws NotFoundError when it is not there, UnreachableError when the storage does not say.
 */
export async function inspectOperatorImage(
  { operator, path }: OperatorImage,
  { local, operation }: { readonly local: boolean; readonly operation: string },
): Promise<Image> {
  const found = await operator.stat(path).catch((cause: unknown) => {
    throw explain(cause, path, operation);
  });
  if (!local && operator.capability().presignRead) {
    const { url, headers } = await operator.presignRead(path, SIGNED_FOR);
    return { kind: 'url', url, headers };
  }
  const size = found.contentLength === null ? null : Number(found.contentLength);
  return { kind: 'chunks', chunks: read(operator, path, operation), size, name: path };
}

async function* read(
  operator: StorageOperator,
  path: string,
  operation: string,
): AsyncGenerator<Uint8Array, void> {
  try {
    const reader = await operator.reader(path);
    yield* reader.createReadStream();
  } catch (cause) {
    throw explain(cause, path, operation);
  }
}

function explain(cause: unknown, path: string, operation: string): Error {
  // `NotFound (permanent) at stat, context: { service: fs, ... } => entity not found`; the context may hold addresses.
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/, context: \{.*?\}/s, '');
  const message = `${operation}: opendal cannot read ${path}: ${reason}`;
  const options = { operation, cause };
  return reason.startsWith('NotFound')
    ? new NotFoundError(message, { what: 'image', missing: path, known: [] }, options)
    : new UnreachableError(message, { target: path }, options);
}
