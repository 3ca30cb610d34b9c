import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defineDriver, type OpenContext } from '../../driver/index.ts';
import { Serial } from '../../interfaces/index.ts';
import { Loops } from './loops.ts';
import { nameOf, openPort, type PortAddress } from './open-port.ts';
import { parseSerialUrl } from './serial-url.ts';
import { SharedPort } from './shared-port.ts';
import { throttled, type Write } from './throttle.ts';

/** The configuration of `serialPort`. */
export const SerialConfig = z.strictObject({
  /** A device such as `/dev/ttyUSB0`, `socket://HOST:PORT`, `rfc2217://HOST:PORT` or `loop://`. */
  url: z
    .string()
    .min(1)
    .superRefine((url, context) => {
      const parsed = parseSerialUrl(url);
      if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem, input: url });
    }),
  baudrate: z.int().min(1).max(0xffff_ffff).default(115_200),
  /** Whether the port must be there when the exporter starts. */
  checkPresent: z.boolean().default(true),
  /** The most characters that are written in a second. */
  cps: z.number().positive().optional(),
  /** Keeps the control lines as they are when the port is closed, so that a board is not reset. */
  disableHupcl: z.boolean().default(false),
});

/** A serial port: of this host, of a terminal server, or a loop. Its streams share it. */
export const serialPort = defineDriver({
  name: 'serial-port',
  interface: Serial,
  config: SerialConfig,
  open: async (config, context) => {
    const address = parseSerialUrl(config.url);
    if ('problem' in address) throw new TypeError(address.problem);
    const { cps } = config;
    const pace = (write: Write) => (cps === undefined ? write : throttled(write, cps, pause));
    return address.kind === 'loop' ? openLoop(pace) : openShared(address, config, pace, context);
  },
});

function openLoop(pace: (write: Write) => Write) {
  const loops = new Loops(pace);
  return {
    connect: async () => loops.connect(),
    close: async () => {
      await loops.close();
      return null;
    },
    setDtr: async () => null,
    setRts: async () => null,
    [Symbol.asyncDispose]: () => loops.close(),
  };
}

async function openShared(
  address: PortAddress,
  config: z.output<typeof SerialConfig>,
  pace: (write: Write) => Write,
  { signal }: OpenContext,
) {
  const open = (opening: AbortSignal) => openPort(address, config, opening);
  if (config.checkPresent) await (await open(signal))[Symbol.asyncDispose]();
  const port = new SharedPort({ name: nameOf(address), open, pace });
  return {
    connect: (_: undefined, context: { readonly signal: AbortSignal }) => port.connect(context.signal),
    close: async () => {
      await port.close();
      return null;
    },
    setDtr: async (value: boolean, context: { readonly signal: AbortSignal }) => {
      await port.set('dtr', value, context.signal);
      return null;
    },
    setRts: async (value: boolean, context: { readonly signal: AbortSignal }) => {
      await port.set('rts', value, context.signal);
      return null;
    },
    [Symbol.asyncDispose]: () => port.close(),
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
