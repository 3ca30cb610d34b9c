import type { WaitOptions } from '../core/index.ts';
import { type ByteChannel, Network, TcpNetwork } from '../interfaces/index.ts';
import { duplexOf } from './duplex.ts';
import { type Forward, openForward, openUnixForward, type UnixForward } from './forward.ts';
import { registerHandle } from './handles.ts';
import type { RemoteNode } from './node.ts';

/** A network endpoint of the device. */
export interface NetworkHandle {
  /** Opens one connection. */
  connect(options?: WaitOptions): Promise<ByteChannel>;
  /** Offers the endpoint on this host, at 127.0.0.1 (port 0 or none: one that is free) or as a Unix socket. */
  forward(options?: { readonly localPort?: number }): Promise<Forward>;
  forward(options: { readonly path: string }): Promise<UnixForward>;
}

/** An endpoint whose address is told, for those who can reach it without us. */
export interface TcpNetworkHandle extends NetworkHandle {
  /** `tcp://HOST:PORT`, as the exporter's host sees it. */
  address(options?: WaitOptions): Promise<string>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'network.v1': NetworkHandle;
    'tcp-network.v1': TcpNetworkHandle;
  }
}

function createNetwork({ calls, session }: RemoteNode<typeof Network>): NetworkHandle {
  const connect = async () => duplexOf(await calls.connect(), { allowHalfOpen: true });
  function forward(options?: { readonly localPort?: number }): Promise<Forward>;
  function forward(options: { readonly path: string }): Promise<UnixForward>;
  function forward(options: { readonly localPort?: number; readonly path?: string } = {}) {
    if (options.path !== undefined) return openUnixForward(session, connect, options.path);
    return openForward(session, connect, options);
  }
  return { connect: (options) => calls.connect(undefined, options), forward };
}

registerHandle(Network, createNetwork);
registerHandle(TcpNetwork, (node): TcpNetworkHandle => {
  const { calls, session } = node;
  const network = createNetwork({ ...node, session, calls: { connect: calls.connect } });
  return { ...network, address: (options) => calls.address(options) };
});
