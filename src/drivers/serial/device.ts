import type { SerialPort } from 'serialport';
import { ConfigError, UnreachableError } from '../../core/index.ts';
import { channelFromDuplex } from '../std/index.ts';
import { noticeHangUp } from './hang-up.ts';
import { type Line, type OpenPort, type PortSettings, unsupported, withoutEnd } from './port.ts';

/** Opens a serial port of this host, for us alone. */
export async function openDevice(
  path: string,
  { baudrate, disableHupcl }: PortSettings,
  signal: AbortSignal,
): Promise<OpenPort> {
  const { SerialPort } = await loadSerialPort();
  signal.throwIfAborted();
  const port = new SerialPort({ path, baudRate: baudrate, hupcl: !disableHupcl, autoOpen: false });
  await promised((done) => port.open(done)).catch((cause: Error) => {
    throw cannotOpen(path, cause);
  });
  return channelOf(port, path);
}

function channelOf(port: SerialPort, path: string): OpenPort {
  let disposed = false;
  const idle = noticeHangUp(port);
  // A port that was pulled out is closed by the library, which says so with an error; else nobody who reads would hear of it.
  port.once('close', (cause: Error | null) =>
    port.destroy(cause ? new Error('the device has gone', { cause }) : undefined),
  );
  const channel = channelFromDuplex(port, path);
  // Opening has raised both; each call of the library sets all.
  const lines = { dtr: true, rts: true };
  return {
    ...withoutEnd(channel),
    async *[Symbol.asyncIterator]() {
      try {
        yield* channel;
      } catch (error) {
        if (!disposed) throw error;
      }
      if (!disposed) throw new UnreachableError(`${path}: the port has gone`, { target: path });
    },
    set: async (line: Line, value: boolean) => {
      lines[line] = value;
      await promised((done) => port.set(lines, done)).catch((cause: Error) => {
        if (/inappropriate ioctl/i.test(cause.message)) unsupported(path, line, cause);
        throw new UnreachableError(`${path}: ${cause.message}`, { target: path }, { cause });
      });
    },
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      if (port.isOpen) await promised((done) => port.close(done)).catch(() => undefined);
      await idle();
      await channel[Symbol.asyncDispose]();
    },
  };
}

const promised = (act: (done: (error: Error | null) => void) => void) =>
  new Promise<void>((resolve, reject) => act((error) => (error ? reject(error) : resolve())));

function cannotOpen(path: string, cause: Error): UnreachableError {
  const why = cause.message.replace(/^Error: /, '').replace(`, cannot open ${path}`, '');
  const hint = /permission denied/i.test(why)
    ? '; this user may not use it: on Debian the group dialout may'
    : /cannot lock/i.test(why)
      ? '; another program has it open'
      : '';
  return new UnreachableError(`${path}: cannot open (${why}${hint})`, { target: path }, { cause });
}

async function loadSerialPort(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'; // SAFE: imports fail with errors
    const message = missing
      ? 'a device of this host needs the package serialport; install it beside jumplead: npm install serialport'
      : `the package serialport does not load here: ${(cause as Error).message}`; // SAFE: as above
    throw new ConfigError(`serial-port: ${message}`, { issues: [{ path: 'url', message }] }, { cause });
  }
}
