import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { DeviceError, raceSignal } from '../../../core/index.ts';
import type { TransferPlan } from './options.ts';
import { dataPacket, errorPacket, optionsPacket, readPacket, TftpError } from './packets.ts';

/** Calls back after so many milliseconds, unless it is cancelled. */
export type SetTimer = (act: () => void, milliseconds: number) => Disposable;

/** How often a packet is sent that nobody acknowledges. */
const TRIES = 5;

export interface TransferOptions {
  readonly plan: TransferPlan;
  /** The address that the server listens on. */
  readonly host: string;
  readonly client: { readonly address: string; readonly port: number };
  readonly setTimer: SetTimer;
  readonly signal: AbortSignal;
}

/**
 * Sends blocks to a client, each when the one before has been acknowledged, from a port of its own.
 *
 * An acknowledgement that comes a second time is no reason to send again: only the time is (RFC 1123, 4.2.3.1).
 *
 * @throws DeviceError when the client refuses or falls silent; the signal's reason, after the client was told
 */
export async function sendBlocks(blocks: AsyncIterable<Uint8Array>, options: TransferOptions): Promise<void> {
  const { plan, host, client, signal } = options;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    socket.bind(0, host);
    await once(socket, 'listening');
    const exchange = exchanger(socket, options);
    if (plan.accepted.size > 0) await exchange(optionsPacket(plan.accepted), 0);
    let number = 1;
    for await (const block of blocks) {
      await exchange(dataPacket(number, block), number % 65_536);
      number += 1;
    }
  } catch (error) {
    const text = signal.aborted ? 'the server was stopped' : (error as Error).message; // SAFE: all of these are errors
    await send(socket, errorPacket(TftpError.undefined, text), client).catch(() => undefined);
    throw error;
  } finally {
    socket.close();
  }
}

/** Sends a packet, again and again until its block is acknowledged. */
type Exchange = (packet: Buffer, block: number) => Promise<void>;

function exchanger(socket: Socket, { plan, client, setTimer, signal }: TransferOptions): Exchange {
  let onAck: (block: number) => void = () => undefined;
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  socket.on('error', (error) => refused.reject(gone(client, error.message)));
  socket.on('message', (message, from) => {
    if (!isClient(from, client)) {
      void send(socket, errorPacket(TftpError.unknownTransfer, 'not your transfer'), from).catch(
        () => undefined,
      );
      return;
    }
    const packet = readPacket(message);
    if (packet.kind === 'ack') onAck(packet.block);
    if (packet.kind === 'error') refused.reject(gone(client, `it said ${packet.code}: ${packet.message}`));
  });
  return async (packet, block) => {
    const acknowledged = Promise.withResolvers<void>();
    onAck = (number) => {
      if (number === block) acknowledged.resolve();
    };
    const attempt = async (left: number): Promise<void> => {
      if (left === 0) throw gone(client, 'it has fallen silent');
      await send(socket, packet, client);
      const late = Promise.withResolvers<'late'>();
      using _ = setTimer(() => late.resolve('late'), plan.timeout);
      const outcome = await raceSignal(
        Promise.race([acknowledged.promise, refused.promise, late.promise]),
        signal,
      );
      if (outcome === 'late') await attempt(left - 1);
    };
    await attempt(TRIES);
  };
}

const isClient = (from: RemoteInfo, client: TransferOptions['client']) =>
  from.address === client.address && from.port === client.port;

function send(
  socket: Socket,
  packet: Buffer,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(packet, port, address, (error) => (error ? reject(error) : resolve())),
  );
}

function gone({ address, port }: TransferOptions['client'], why: string): DeviceError {
  return new DeviceError(`the client ${address}:${port} did not take the file: ${why}`, {
    event: 'refused',
    tail: why,
  });
}
