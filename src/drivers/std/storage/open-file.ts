import { ConfigError, StateError } from '../../../core/index.ts';
import { explained } from './opendal-error.ts';
import type { Operator, OperatorWriter } from './operator.ts';

/** How much is read at once. */
const PIECE = 4 * 1024 * 1024;

/** A file of a storage that is being read or written. */
export interface OpenFile {
  readonly path: string;
  readonly mode: 'rb' | 'wb';
  readonly position: number;
  readonly closed: boolean;
  /** What is between the position and the end; the position follows. */
  read(): AsyncIterable<Uint8Array>;
  write(chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Moves the position as `fseek` does, and returns it. */
  seek(offset: number, whence: number): number;
  close(): Promise<void>;
}

/** Opens `path`. @throws NotFoundError, ConfigError, UnreachableError */
export async function openFile(operator: Operator, path: string, mode: 'rb' | 'wb'): Promise<OpenFile> {
  return mode === 'rb' ? await openToRead(operator, path) : await openToWrite(operator, path);
}

async function openToRead(operator: Operator, path: string): Promise<OpenFile> {
  const found = await explained('open', path, () => operator.stat(path));
  if (found.isDirectory()) {
    const message = `got ${JSON.stringify(path)}, which is a folder`;
    throw new ConfigError(`open: path: ${message}`, { issues: [{ path: 'path', message }] });
  }
  const size = Number(found.contentLength ?? 0);
  let position = 0;
  let closed = false;
  return {
    path,
    mode: 'rb',
    get position() {
      return position;
    },
    get closed() {
      return closed;
    },
    async *read() {
      needOpen(path, closed);
      while (position < size && !closed) {
        const range = { offset: BigInt(position), size: BigInt(Math.min(PIECE, size - position)) };
        const piece = await explained('read', path, () => operator.read(path, range));
        position += piece.length;
        yield piece;
      }
    },
    write: async () => {
      throw wrongMode(path, 'read', 'write');
    },
    seek: (offset, whence) => {
      needOpen(path, closed);
      const target = offset + ([0, position, size][whence] ?? 0);
      if (target < 0) throw outside(target);
      position = target;
      return position;
    },
    close: async () => {
      closed = true;
    },
  };
}

async function openToWrite(operator: Operator, path: string): Promise<OpenFile> {
  const writer: OperatorWriter = await explained('open', path, () => operator.writer(path));
  let position = 0;
  let closed = false;
  return {
    path,
    mode: 'wb',
    get position() {
      return position;
    },
    get closed() {
      return closed;
    },
    read: () => {
      throw wrongMode(path, 'write', 'read');
    },
    write: async (chunks) => {
      needOpen(path, closed);
      for await (const chunk of chunks) {
        needOpen(path, closed);
        if (chunk.length > 0) await explained('write', path, () => writer.write(Buffer.from(chunk)));
        position += chunk.length;
      }
    },
    seek: () => {
      throw wrongMode(path, 'write', 'move to a position');
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await explained('close', path, () => writer.close());
    },
  };
}

function needOpen(path: string, closed: boolean): void {
  if (closed) throw new StateError(`${path} has been closed`, { state: 'closed', needed: 'open' });
}

function wrongMode(path: string, mode: string, what: string): StateError {
  const message = `${path} was opened to ${mode}; it cannot ${what}`;
  return new StateError(message, { state: `opened to ${mode}`, needed: `opened to ${what}` });
}

function outside(target: number): ConfigError {
  const message = `leads to ${target}, before the start of the file`;
  return new ConfigError(`argument pos: ${message}`, { issues: [{ path: 'pos', message }] });
}
