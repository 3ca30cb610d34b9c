import type { OutgoingHttpHeaders } from 'node:http';
import { ConfigError, firstLine, UnreachableError, type WaitOptions } from '../../core/index.ts';
import { type ByteChannel, Machine, Network } from '../../interfaces/index.ts';
import { keepTrying } from '../keep-trying.ts';
import type { NetworkHandle } from '../network.ts';
import type { RemoteNode } from '../node.ts';
import { askHttp, describeHttpStatus } from './http-request.ts';
import { requirePart } from './needs.ts';
import { mayPass, overSsh } from './over-ssh.ts';
import type { HasSsh } from './ssh.ts';
import type { RunWait, Wait, WaitScope, Watch } from './wait.ts';

export interface HttpOptions {
  /** The status that is waited for. Default: any from 200 to 299. */
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
}

/** What a web server answered. */
export interface HttpAnswer {
  readonly status: number;
}

/** A machine with a network: a port of it is reached by its forward or, where it has none, through ssh. */
export interface HasPorts {
  readonly ssh: HasSsh['ssh'] | NetworkHandle;
}

/** A device with an endpoint of that name. */
export type HasNetwork<Name extends string> = { readonly [K in Name]: NetworkHandle };

/** An answer may take so long, in milliseconds: a guest that is starting may swallow a connection. */
const ATTEMPT_TIMEOUT = 20_000;

/**
 * Waits until a web server of the device answers a GET with the right status. It is the one at a port of the device, reached
 * by a forward of that port where there is one, else through ssh; or the one behind a network endpoint, by its name.
 */
export function http(port: number, path?: string, options?: HttpOptions): Wait<HasPorts, HttpAnswer>;
export function http<const Name extends string>(
  endpoint: Name,
  path?: string,
  options?: HttpOptions,
): Wait<HasNetwork<Name>, HttpAnswer>;
export function http(where: number | string, path = '/', options: HttpOptions = {}): Wait<never, HttpAnswer> {
  const name = `http ${typeof where === 'number' ? `:${where}` : where}${path}`;
  checkPath(path, name);
  const prepare = async (scope: WaitScope<object>): Promise<RunWait<HttpAnswer>> => {
    const { device, node, signal } = scope;
    if (typeof where === 'string') {
      requirePart(device, where, ['connect', 'forward'], name);
      const endpoint = device[where as keyof typeof device] as NetworkHandle; // SAFE: just checked
      return (watch) => onNetwork((waits) => endpoint.connect(waits), { path, ...options }, watch);
    }
    const forward = await findForward(node, where, signal);
    const question = { path, port: where, ...options };
    if (forward)
      return (watch) => onNetwork((waits) => forward.calls.connect(undefined, waits), question, watch);
    requirePart(device, 'ssh', ['connect'], name);
    return (watch) => throughSsh(scope as WaitScope<HasSsh>, question, watch); // SAFE: just checked
  };
  return { name, prepare };
}

interface Question extends HttpOptions {
  readonly path: string;
  readonly port?: number;
}

/** The forward of a port of the machine that is on, if it has one. */
async function findForward(node: RemoteNode, port: number, signal: AbortSignal) {
  const machine = node.nearest(Machine);
  if (!machine?.extended) return undefined;
  const { forwards } = await machine.calls.describe({ signal });
  const [name] = Object.entries(forwards).find(([, { guestPort }]) => guestPort === port) ?? [];
  return name === undefined ? undefined : machine.child(name, Network);
}

function onNetwork(
  connect: (options: WaitOptions) => Promise<ByteChannel>,
  question: Question,
  { signal, saw }: Watch,
): Promise<HttpAnswer> {
  const onFailure = (error: unknown) => saw(firstLine(error));
  return keepTrying(() => ask(connect, question, signal), { signal, mayPass, onFailure });
}

function throughSsh(
  scope: WaitScope<HasSsh>,
  question: Question & { port: number },
  watch: Watch,
): Promise<HttpAnswer> {
  const { port: guestPort } = question;
  return overSsh(scope, watch, (session) =>
    ask((waits) => session.connect({ guestPort, ...waits }), question, watch.signal),
  );
}

/** One attempt. What is not yet the right answer is an error that may pass. */
async function ask(
  connect: (options: WaitOptions) => Promise<ByteChannel>,
  { status: wanted, port, path, headers }: Question,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT)]);
  try {
    const channel = await connect({ signal: inTime });
    const status = await askHttp(
      channel,
      { host: 'localhost', ...(port && { port }), path, headers },
      inTime,
    );
    const right = wanted === undefined ? status >= 200 && status < 300 : status === wanted;
    if (!right) throw new Error(`last answer: ${describeHttpStatus(status)}`);
    return { status };
  } catch (error) {
    if (!inTime.aborted || signal.aborted) throw error;
    const message = `no answer within ${ATTEMPT_TIMEOUT / 1_000} s`;
    throw new UnreachableError(message, { target: path }, { cause: error });
  }
}

function checkPath(path: string, name: string): void {
  if (path.startsWith('/')) return;
  const message = `${JSON.stringify(path)} is not a path; allowed: what begins with /`;
  throw new ConfigError(`${name}: path: ${message}`, { issues: [{ path: 'path', message }] });
}
