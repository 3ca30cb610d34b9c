/**
 * gRPC over `node:http2`, as far as this protocol needs it, on any connection: Unix sockets, TCP, TLS, and tunnels.
 * For the room `rpc` alone; see docs/adr/0001-grpc.md.
 */
export { type BidiCall, type Channel, createChannel, type FrameCall } from './channel.ts';
export type { CallOptions } from './client-call.ts';
export type { Frame } from './frame-codec.ts';
export type { ListenAddress, Listener, ServerTls } from './listener.ts';
export { decodeBinary, encodeBinary, type Metadata } from './metadata.ts';
export { createGrpcServer, type GrpcServer, type GrpcServerOptions, type Intercept } from './server.ts';
export {
  type FrameHandler,
  type FrameStream,
  type Handler,
  type Handlers,
  implement,
  type Route,
  type ServerCall,
} from './service.ts';
export { GrpcError, Status, statusName } from './status.ts';
export type { ClientTls, Target } from './target.ts';
export { encodeMessage, MAX_MESSAGE_TEXT, MAX_TRAILERS } from './trailers.ts';
