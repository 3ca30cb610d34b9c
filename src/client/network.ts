import type { WaitOptions } from '../core/index.ts';
import { type ByteChannel, MessageNetwork, Network, TcpNetwork } from '../interfaces/index.ts';
import { duplexOf } from './duplex.ts';
import {
  type Forward,
  openForward,
  openUnixForward,
  type PortForwardOptions,
  type UnixForward,
  type UnixForwardOptions,
} from './forward.ts';
import { registerHandle } from './handles.ts';
import { type DeviceHttp, type HttpOptions, openHttp } from './http.ts';
import type { RemoteNode, SessionInfo } from './node.ts';

/** What offers an endpoint of the device on this host. */
export interface Forwarding {
  /** Offers the endpoint on this host, at 127.0.0.1 (port 0 or none: one that is free) or as a Unix socket. */
  forward(options?: PortForwardOptions): Promise<Forward>;
  forward(options: UnixForwardOptions): Promise<UnixForward>;
}

/** A network endpoint of the device. */
export interface NetworkHandle extends Forwarding {
  /** Opens one connection. */
  connect(options?: WaitOptions): Promise<ByteChannel>;
  /** HTTP with the server that is behind the endpoint. */
  http(options?: HttpOptions): Promise<DeviceHttp>;
}

/** An endpoint whose address is told, for those who can reach it without us. */
export interface TcpNetworkHandle extends NetworkHandle {
  /** `tcp://HOST:PORT`, as the exporter's host sees it. */
  address(options?: WaitOptions): Promise<string>;
}

/** An endpoint that takes and gives messages: UDP, WebSocket. */
export interface MessageNetworkHandle extends Forwarding {
  /** Opens one connection; each chunk that is written or read is a message. */
  connect(options?: WaitOptions): Promise<ByteChannel>;
  /** `udp://HOST:PORT` or `ws://...`, as the exporter's host sees it. */
  address(options?: WaitOptions): Promise<string>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'network.v1': NetworkHandle;
    'tcp-network.v1': TcpNetworkHandle;
    'message-network.v1': MessageNetworkHandle;
  }
}

type Connect = (channel?: undefined, options?: WaitOptions) => Promise<ByteChannel>;

/** `forward` of a node whose connections are opened by `open`. Without `halfClose` the end of one direction closes them. */
export function createForward(
  session: SessionInfo,
  open: () => Promise<ByteChannel>,
  halfClose = true,
): Forwarding['forward'] {
  const connect = async () => duplexOf(await open(), { allowHalfOpen: true });
  const target = { connect, halfClose };
  function forward(options?: PortForwardOptions): Promise<Forward>;
  function forward(options: UnixForwardOptions): Promise<UnixForward>;
  function forward(options: PortForwardOptions | UnixForwardOptions = {}) {
    return 'path' in options
      ? openUnixForward(session, target, options)
      : openForward(session, target, options);
  }
  return forward;
}

function createNetwork(session: SessionInfo, connect: Connect): NetworkHandle {
  return {
    connect: (options) => connect(undefined, options),
    forward: createForward(session, () => connect()),
    // HTTP ends its messages itself: a server that hangs up is one that is gone.
    http: (options) =>
      openHttp(session, async () => duplexOf(await connect(), { allowHalfOpen: false }), options),
  };
}

registerHandle(Network, ({ calls, session }: RemoteNode<typeof Network>) =>
  createNetwork(session, calls.connect),
);
registerHandle(
  TcpNetwork,
  ({ calls, session }): TcpNetworkHandle => ({
    ...createNetwork(session, calls.connect),
    address: (options) => calls.address(options),
  }),
);
registerHandle(
  MessageNetwork,
  ({ calls, session }): MessageNetworkHandle => ({
    connect: (options) => calls.connect(undefined, options),
    forward: createForward(session, () => calls.connect(), false),
    address: (options) => calls.address(options),
  }),
);
