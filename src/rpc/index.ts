/** Contract and wire, in both directions. The only room that knows the wire. */
export {
  type ExporterReport,
  type ExporterState,
  openExporter,
  type RawCalls,
  type RemoteExporter,
} from './client/exporter.ts';
export type { LinkOptions } from './client/link.ts';
export type { LogEntry } from './client/logs.ts';
export type { ClientTls, GrpcServer, ListenAddress, Listener, ServerTls, Target } from './grpc/index.ts';
export type { LogOrigin } from './log-origins.ts';
export type { ReportNode } from './report.ts';
export type { HandlerContext, ServedNode } from './server/node.ts';
export { ServedSession, type ServedSessionOptions } from './server/session.ts';
export type { SessionStatus } from './server/status.ts';
export type { SessionState } from './states.ts';
