import { randomBytes } from 'node:crypto';
import { close as closeFile, constants, open as openFile } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { runTool } from '../../../core/index.ts';

/** The way from a serial port to us. */
export interface ConsolePipe {
  readonly reader: Readable;
  /** For the process that has the serial port. The pipe ends when nobody has it open any more. */
  readonly writeEnd: FileHandle;
}

/**
 * Opens a pipe whose name, in `folder`, is taken away at once.
 *
 * What Node calls a pipe is a pair of sockets. A serial port writes byte by byte, each of which takes a buffer of its own
 * there: after 278 bytes QEMU has to wait for us, and a guest's kernel, which does not wait for long, loses what it prints.
 * A real pipe holds 64 KiB of them.
 */
export async function openConsolePipe(folder: string): Promise<ConsolePipe> {
  const path = join(folder, `jumplead-console-${randomBytes(8).toString('hex')}`);
  await using stack = new AsyncDisposableStack();
  await runTool('mkfifo', ['-m', '600', path]);
  stack.defer(() => unlink(path));
  const readEnd = await promisify(openFile)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writeEnd = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return { reader: new Socket({ fd: readEnd, readable: true, writable: false }), writeEnd };
  } catch (error) {
    await promisify(closeFile)(readEnd);
    throw error;
  }
}
