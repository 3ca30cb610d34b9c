import { randomBytes, randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Log, NotFoundError, UnderWay } from '../../core/index.ts';
import { toGrpcError, withDetail } from '../errors.ts';
import { type EndSessionResponseSchema, ExporterService } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';
import { RouterService } from '../gen/jumpstarter/v1/router_pb.ts';
import { createGrpcServer, type GrpcServer, implement, type ServerCall, Status } from '../grpc/index.ts';
import type { LogOrigin } from '../log-origins.ts';
import { Key } from '../wire.ts';
import { Doorkeeper, isSame } from './doorkeeper.ts';
import { driverLog, teeLog } from './driver-log.ts';
import { exporterHandlers } from './exporter-service.ts';
import { LogQueue } from './log-queue.ts';
import { type HandlerContext, type IndexedNode, indexTree, type ServedNode } from './node.ts';
import { ResourceStore } from './resources.ts';
import { routerHandlers } from './router-service.ts';
import { SessionStatus } from './status.ts';

/** What a session tells about itself, and where it logs. */
export interface ServedSessionOptions {
  readonly log: Log;
  /** What the exporter calls itself in its report. */
  readonly name?: string | undefined;
  /** A message for whoever connects. */
  readonly motd?: string | undefined;
  /** Gets every call that is served, until its handler has ended: also beyond the call. */
  readonly calls?: UnderWay | undefined;
}

/** A tree of opened drivers as its clients see it: one status, one log and one set of uuids, behind any number of servers. */
export class ServedSession {
  readonly uuid: string = randomUUID();
  readonly log: Log;
  readonly name: string;
  /** A message for whoever connects. */
  motd: string;
  readonly nodes: readonly IndexedNode[];
  readonly status: SessionStatus = new SessionStatus();
  readonly logs: LogQueue = new LogQueue();
  readonly resources: ResourceStore = new ResourceStore();
  /** Who shows this counts as a client within our own process. */
  readonly localToken: string = randomBytes(24).toString('base64url');
  /** What handlers are at, also where nobody waits for the answer any more. */
  readonly calls: UnderWay;
  readonly #byUuid: Map<string, IndexedNode>;
  readonly #logs: ReadonlyMap<IndexedNode, Log>;

  constructor(root: ServedNode, { log, name = '', motd = '', calls = new UnderWay() }: ServedSessionOptions) {
    this.log = log;
    this.calls = calls;
    this.name = name;
    this.motd = motd;
    this.nodes = indexTree(root);
    // A node that is listed again, by a proxy, is known by its first place.
    this.#byUuid = new Map(this.nodes.toReversed().map((node) => [node.uuid, node]));
    this.#logs = new Map(this.nodes.map((node) => [node, driverLog(log, this.logs, node)]));
  }

  /** Serves a driver that is in no report. Returns its uuid, and how to end that. */
  add(name: string, node: ServedNode): { readonly uuid: string; readonly remove: () => void } {
    const uuid = randomUUID();
    this.#byUuid.set(uuid, { uuid, name, path: name, parent: this.nodes[0], node });
    return { uuid, remove: () => void this.#byUuid.delete(uuid) };
  }

  /** A server of this session; it does nothing until it listens. With a passphrase, every call must carry it. */
  createServer({ passphrase }: { readonly passphrase?: string | undefined } = {}): GrpcServer {
    const doorkeeper = passphrase === undefined ? undefined : new Doorkeeper({ passphrase, log: this.log });
    return createGrpcServer({
      routes: [
        ...implement(ExporterService, exporterHandlers(this)),
        ...implement(RouterService, routerHandlers(this)),
      ],
      intercept: async (call, next) => {
        await doorkeeper?.admit(call);
        await this.calls.add(next());
      },
      toStatus: (error, { path }) => toGrpcError(error, { log: this.log, operation: path }),
    });
  }

  /** The node of that uuid, in either case. @throws GrpcError NOT_FOUND */
  find(uuid: string): IndexedNode {
    const found = this.#byUuid.get(uuid.toLowerCase());
    if (found) return found;
    const message = `this session has no driver ${uuid}: read its report again`;
    const known = this.nodes.map(({ path }) => path || '(root)');
    throw withDetail(new NotFoundError(message, { what: 'driver', missing: uuid, known }), Status.NOT_FOUND);
  }

  /** What the handlers of `node` get with `call`. */
  contextFor(node: IndexedNode, call: ServerCall): HandlerContext {
    const local = isSame(call.metadata[Key.local], this.localToken);
    const log = this.#logs.get(node) ?? this.log;
    return { signal: call.signal, log, peer: { name: call.peer, local, gone: call.gone } };
  }

  /** A log that clients see as that of `origin`. */
  logOf(origin: LogOrigin): Log {
    return teeLog(this.log.child({ origin }), this.logs, origin);
  }

  /** The answer to `EndSession`: there is nothing to end where nobody holds a lease. */
  endSession(): MessageInitShape<typeof EndSessionResponseSchema> {
    return { success: false, message: 'No active lease context' };
  }
}
