import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { Log } from '../../../core/index.ts';
import { findFile } from '../find-file.ts';
import { cannotListen, type ListeningServer } from '../server-switch.ts';
import { asNetascii, blocksOf } from './blocks.ts';
import { planTransfer } from './options.ts';
import { errorPacket, readPacket, TftpError, type TftpPacket } from './packets.ts';
import { type SetTimer, sendBlocks } from './transfer.ts';

/** How many files are sent at the same time; who asks beyond is told to come again. */
const MOST_TRANSFERS = 64;

export interface TftpServerOptions {
  /** The folder whose files are served. */
  readonly root: string;
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  readonly setTimer?: SetTimer;
}

/** Serves a folder to be read (RFC 1350, with the options of RFC 2347 to 2349). @throws LaunchError */
export async function openTftpServer(options: TftpServerOptions): Promise<ListeningServer> {
  const { host, port, log } = options;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
  } catch (cause) {
    socket.close();
    throw cannotListen(`${host}:${port} (UDP)`, cause);
  }
  const stopping = new AbortController();
  const transfers = new Map<string, Promise<void>>();
  socket.on('error', (error) => log.warn({ err: error }, 'TFTP'));
  socket.on('message', (message, client) => {
    const refuse = ([code, text]: readonly [number, string]) => {
      log.info({ client: nameOf(client), code }, `TFTP refused: ${text}`);
      socket.send(errorPacket(code, text), client.port, client.address);
    };
    const packet = readPacket(message);
    const problem = problemOf(packet);
    if (problem) return refuse(problem);
    const name = nameOf(client);
    // A client that asks again has not got the answer yet; that is on its way once more.
    if (packet.kind !== 'read' || transfers.has(name)) return undefined;
    if (transfers.size >= MOST_TRANSFERS)
      return refuse([TftpError.undefined, 'too many transfers; try again']);
    const transfer = serve(packet, client, options, stopping.signal)
      .then((refusal) => refusal && refuse(refusal))
      .catch((error: unknown) => log.warn({ err: error, file: packet.name }, 'TFTP: not sent'))
      .finally(() => transfers.delete(name));
    transfers.set(name, transfer);
    return undefined;
  });
  const close = async () => {
    stopping.abort(new Error('the server was stopped'));
    await Promise.all(transfers.values());
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  };
  let closing: Promise<void> | undefined;
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}

type Refusal = readonly [code: number, text: string];
type ReadRequest = Extract<TftpPacket, { kind: 'read' }>;

function problemOf(packet: TftpPacket): Refusal | undefined {
  if (packet.kind === 'write') return [TftpError.forbidden, 'files are served to be read'];
  if (packet.kind === 'unknown') return [TftpError.illegal, 'not a request'];
  if (packet.kind === 'read' && !['octet', 'netascii'].includes(packet.mode))
    return [TftpError.illegal, 'modes: octet, netascii'];
  return undefined;
}

/** Sends a file, or says why it does not. */
async function serve(
  { name, mode, options: wanted }: ReadRequest,
  client: RemoteInfo,
  { root, host, log, setTimer = realTimer }: TftpServerOptions,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const found = await findFile(root, name);
  if (found.kind === 'forbidden') return [TftpError.forbidden, 'access violation'];
  if (found.kind === 'missing') return [TftpError.notFound, 'file not found'];
  const isText = mode === 'netascii';
  const plan = planTransfer(wanted, isText ? undefined : found.size);
  log.info({ client: nameOf(client), file: name, ...Object.fromEntries(plan.accepted) }, 'TFTP: sending');
  const content = createReadStream(found.path);
  try {
    const blocks = blocksOf(isText ? asNetascii(content) : content, plan.blockSize);
    await sendBlocks(blocks, { plan, host, client, setTimer, signal });
  } finally {
    content.destroy();
  }
  log.info({ client: nameOf(client), file: name }, 'TFTP: sent');
  return undefined;
}

const nameOf = ({ address, port }: RemoteInfo) => `${address}:${port}`;

const realTimer: SetTimer = (act, milliseconds) => {
  const timer = setTimeout(act, milliseconds);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
};
