import { startDeadline, UnsupportedError, type WaitOptions } from '../../core/index.ts';
import type { ByteChannel, Client, Interface } from '../../interfaces/index.ts';
import { ExporterService } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';
import type { Target } from '../grpc/index.ts';
import { type ReportNode, readReports, unreported } from '../report.ts';
import { type SessionState, stateName } from '../states.ts';
import { decodeValue, encodeValue } from '../values.ts';
import { calleeOf } from './callee.ts';
import { createCalls, type Strictness } from './calls.ts';
import { openDriverStream } from './driver-stream.ts';
import { Link, type LinkOptions } from './link.ts';
import { type LogEntry, readLogEntry } from './logs.ts';

/** What an exporter says of itself. */
export interface ExporterReport {
  readonly uuid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A message for whoever connects, `''` if there is none. */
  readonly motd: string;
  readonly root: ReportNode;
}

/** What an exporter is doing, for a client that wants to call its drivers. */
export interface ExporterState {
  readonly state: SessionState;
  readonly message: string;
  /** Grows by one with each change. */
  readonly version: number;
  readonly previous: SessionState | undefined;
}

/** The methods of a node by their names on the wire, for peers whose interfaces are not known here. */
export interface RawCalls {
  call(method: string, args?: readonly unknown[], options?: WaitOptions): Promise<unknown>;
  stream(method: string, args?: readonly unknown[], options?: WaitOptions): AsyncIterable<unknown>;
  open(method: string, streamOptions?: object, options?: WaitOptions): Promise<ByteChannel>;
}

/** An exporter that has been reached and has told what it has. Disposing of it ends the connection and all that is under way. */
export interface RemoteExporter extends AsyncDisposable {
  /** Where it is, as errors call it. */
  readonly name: string;
  readonly report: ExporterReport;
  /** Aborts when the connection is lost or has been closed, with an UnreachableError. Nothing brings it back. */
  readonly lost: AbortSignal;
  /** The calls of `contract` on a node of the report; `strict` unless the peer does not know our interfaces. */
  calls<I extends Interface>(node: ReportNode, contract: I, strictness: Strictness): Client<I>;
  raw(node: ReportNode): RawCalls;
  /** The calls of a driver that a call has told of and that is in no report; `name` is what errors call it. */
  besides(uuid: string, name: string): RawCalls;
  status(options?: WaitOptions): Promise<ExporterState>;
  /** What the exporter logs, from the oldest entry that nobody has read yet. Readers at the same time share the entries. */
  logs(options?: WaitOptions): AsyncIterable<LogEntry>;
  /** Tells the exporter that this client is done. False where there was no lease to end. */
  endSession(options?: WaitOptions): Promise<boolean>;
}

/** Connects to an exporter and reads its report. @throws DutError when it cannot be reached or does not let us in */
export async function openExporter(
  target: Target,
  options: LinkOptions & WaitOptions,
): Promise<RemoteExporter> {
  await using stack = new AsyncDisposableStack();
  const link = stack.use(new Link(target, options));
  const report = await readReport(link, options);
  const held = stack.move();
  return {
    name: link.name,
    report,
    lost: link.lost,
    calls: (node, contract, strictness) => createCalls(link, node, contract, strictness),
    raw: (node) => rawCalls(link, node),
    besides: (uuid, called) => rawCalls(link, unreported(uuid, called)),
    status: (wait) => readStatus(link, wait),
    logs: (wait) => readLogs(link, wait),
    endSession: (wait) => endSession(link, wait),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function readReport(link: Link, options: WaitOptions): Promise<ExporterReport> {
  const operation = 'connect';
  using deadline = startDeadline(options, {
    operation,
    waitingFor: `the report of ${link.name}`,
    fault: 'lab',
  });
  const { signal } = deadline;
  const response = await link.ask(operation, (channel, metadata) =>
    channel.unary(ExporterService.method.getReport, {}, { signal, metadata }),
  );
  const { uuid, labels, motd, reports } = response;
  return { uuid, labels, motd, root: readReports(reports, link.name) };
}

function rawCalls(link: Link, node: ReportNode): RawCalls {
  const callee = (method: string) => calleeOf(link, node, method);
  return {
    call: async (method, args = [], options = {}) => {
      using deadline = startDeadline(options, {
        operation: callee(method).operation,
        waitingFor: 'the answer',
      });
      return decodeValue(await link.call(callee(method), args.map(encodeArgument), deadline.signal));
    },
    stream: async function* (method, args = [], options = {}) {
      using deadline = startDeadline(options, {
        operation: callee(method).operation,
        waitingFor: 'the last item',
      });
      const items = link.stream(callee(method), args.map(encodeArgument), deadline.signal);
      for await (const item of items) yield decodeValue(item);
    },
    open: (method, streamOptions, options = {}) => openDriverStream(callee(method), streamOptions, options),
  };
}

const encodeArgument = (value: unknown, index: number) => encodeValue(value, `argument ${index + 1}`);

async function readStatus(link: Link, options: WaitOptions = {}): Promise<ExporterState> {
  const operation = 'status';
  using deadline = startDeadline(options, { operation, waitingFor: 'the answer', fault: 'lab' });
  const { signal } = deadline;
  const answer = await link.ask(operation, (channel, metadata) =>
    channel.unary(ExporterService.method.getStatus, {}, { signal, metadata }),
  );
  return {
    state: stateName(answer.status),
    message: answer.message ?? '',
    version: Number(answer.statusVersion),
    previous: answer.previousStatus === undefined ? undefined : stateName(answer.previousStatus),
  };
}

async function* readLogs(link: Link, options: WaitOptions = {}): AsyncGenerator<LogEntry, void, undefined> {
  const operation = 'logs';
  using deadline = startDeadline(options, { operation, waitingFor: 'the end of the log', fault: 'lab' });
  const { signal } = deadline;
  const entries = link.listen(operation, (channel, metadata) =>
    channel.serverStream(ExporterService.method.logStream, {}, { signal, metadata }),
  );
  for await (const entry of entries) yield readLogEntry(entry);
}

async function endSession(link: Link, options: WaitOptions = {}): Promise<boolean> {
  const operation = 'end session';
  using deadline = startDeadline(options, { operation, waitingFor: 'the answer', fault: 'lab' });
  const { signal } = deadline;
  try {
    const answer = await link.ask(operation, (channel, metadata) =>
      channel.unary(ExporterService.method.endSession, {}, { signal, metadata }),
    );
    return answer.success;
  } catch (error) {
    if (error instanceof UnsupportedError) return false; // Old exporters have no leases to end.
    throw error;
  }
}
