import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { SerialPort } from 'serialport';

type Binding = NonNullable<SerialPort['port']>;
type UnixBinding = Extract<Binding, { poller: unknown }>;

const readFile = promisify(read);

/**
 * Makes an open port end when its device goes away. The library (13.0.0) reads again, for ever, where a read gives nothing, and
 * that is all that a terminal gives once it has hung up.
 *
 * What is returned resolves when no read is under way: until then the system keeps a port that was closed, with its lock.
 */
export function noticeHangUp({ port: binding }: SerialPort): () => Promise<unknown> {
  let reading: Promise<unknown> = Promise.resolve();
  if (binding && 'poller' in binding) {
    const take = async (buffer: Buffer, offset: number, length: number) => {
      const taken = readFile(binding.fd ?? -1, buffer, offset, length, null);
      reading = taken.catch(() => undefined);
      return (await taken).bytesRead;
    };
    binding.read = (buffer: Buffer, offset: number, length: number) =>
      readUnlessHungUp(binding, () => take(buffer, offset, length)).then((bytesRead) => ({
        buffer,
        bytesRead,
      }));
  }
  return () => reading;
}

async function readUnlessHungUp(binding: UnixBinding, take: () => Promise<number>): Promise<number> {
  for (;;) {
    checkOpen(binding);
    const count = await take().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EAGAIN' && error.code !== 'EWOULDBLOCK' && error.code !== 'EINTR') throw error;
    });
    if (count === 0) throw new Error('the terminal has hung up');
    if (count !== undefined) return count;
    // A poller that has been destroyed meanwhile must not be asked: that ends the process.
    checkOpen(binding);
    await readable(binding);
  }
}

function checkOpen({ isOpen }: UnixBinding): void {
  if (!isOpen) throw Object.assign(new Error('the port is not open'), { canceled: true });
}

/** Also rejects when the port is closed. */
const readable = ({ poller }: UnixBinding) =>
  new Promise<void>((resolve, reject) => {
    poller.once('readable', (error) => (error ? reject(error) : resolve()));
  });
