import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { SerialPort } from 'serialport';

type Binding = NonNullable<SerialPort['port']>;
type UnixBinding = Extract<Binding, { poller: unknown }>;

const readFile = promisify(read);

/**
 * Makes an open port end when its device goes away. The library (13.0.0) reads again, for ever, where a read gives nothing, and
 * that is all that a terminal gives once it has hung up.
 */
export function noticeHangUp({ port: binding }: SerialPort): void {
  if (binding && 'poller' in binding)
    binding.read = (buffer: Buffer, offset: number, length: number) =>
      readUnlessHungUp(binding, buffer, offset, length);
}

async function readUnlessHungUp(
  binding: UnixBinding,
  buffer: Buffer,
  offset: number,
  length: number,
): Promise<{ buffer: Buffer; bytesRead: number }> {
  for (;;) {
    if (binding.fd === null) throw Object.assign(new Error('the port is not open'), { canceled: true });
    try {
      const { bytesRead } = await readFile(binding.fd, buffer, offset, length, null);
      if (bytesRead > 0) return { buffer, bytesRead };
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException; // SAFE: the file system fails with errors
      if (!['EAGAIN', 'EWOULDBLOCK', 'EINTR'].includes(code)) throw error;
      await readable(binding);
      continue;
    }
    throw new Error('the terminal has hung up');
  }
}

/** Also rejects when the port is closed. */
const readable = ({ poller }: UnixBinding) =>
  new Promise<void>((resolve, reject) => {
    poller.once('readable', (error) => (error ? reject(error) : resolve()));
  });
