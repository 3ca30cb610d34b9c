import { type Duplex, duplexPair } from 'node:stream';
import { type Duration, type Log, parseDuration, StateError } from '../core/index.ts';
import type { DriverNode, Offer } from '../driver/index.ts';
import { type ByteChannel, type Handlers, Network } from '../interfaces/index.ts';
import { type GrpcServer, type HandlerContext, ServedSession } from '../rpc/index.ts';

/** How long a session that was offered waits for the first who connects. */
const WAIT: Duration = '30s';

/** The sessions that the drivers of a session have offered beside it. */
export class Offers implements AsyncDisposable {
  readonly #log: Log;
  readonly #offered = new Set<OfferedTree>();
  #session: ServedSession | undefined;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** From now on they can be reached through `session`. */
  begin(session: ServedSession): this {
    this.#session = session;
    return this;
  }

  /** What drivers are given. */
  readonly offer: Offer = async (open, { gone } = {}) => {
    const [session, log] = [this.#session, this.#log];
    if (!session) throw new StateError('nothing is served here yet', { state: 'opening', needed: 'open' });
    const own = new Offers(log);
    const { name, root } = await open(own.offer);
    const onEnd = () => this.#offered.delete(tree);
    const tree: OfferedTree = new OfferedTree(root, { session, name, log, own, gone, onEnd });
    this.#offered.add(tree);
    if (this.#closed || gone?.aborted) await tree.end();
    return tree;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#offered].map((tree) => tree.end()));
  }
}

interface OfferedTreeParts {
  readonly session: ServedSession;
  readonly name: string;
  readonly log: Log;
  /** What its own drivers offer. */
  readonly own: Offers;
  /** Aborts when whoever has asked for it has gone. */
  readonly gone: AbortSignal | undefined;
  readonly onEnd: () => void;
}

class OfferedTree {
  readonly driver: string;
  readonly localToken: string;
  readonly #root: DriverNode;
  readonly #server: GrpcServer;
  readonly #parts: OfferedTreeParts;
  readonly #remove: () => void;
  /** Ends the waiting for the first who connects. */
  readonly #waiting = new DisposableStack();
  #connections = 0;
  #ended: Promise<void> | undefined;

  constructor(root: DriverNode, parts: OfferedTreeParts) {
    const { session, name, log, own } = parts;
    this.#root = root;
    this.#parts = parts;
    const served = new ServedSession(root, { log, name, calls: session.calls });
    served.status.update('LEASE_READY');
    own.begin(served);
    this.localToken = served.localToken;
    this.#server = served.createServer();
    const handlers: Handlers<typeof Network, HandlerContext> = {
      connect: async (_, { peer }) => this.#connect(peer.name),
    };
    const { uuid, remove } = session.add(name, { interface: Network, handlers, children: {} });
    this.driver = uuid;
    this.#remove = remove;
    this.#wait();
  }

  /** Ends its connections and closes its drivers. */
  end(): Promise<void> {
    // Until it has ended it is among those that the session's end waits for, also where it ends by itself.
    this.#ended ??= this.#close().finally(this.#parts.onEnd);
    return this.#ended;
  }

  #wait(): void {
    const { gone } = this.#parts;
    const onTime = () => this.#abandon(`nobody connected within ${WAIT}`);
    const timer = setTimeout(onTime, parseDuration(WAIT)).unref();
    this.#waiting.defer(() => clearTimeout(timer));
    const onGone = () => this.#abandon('whoever asked for it has gone, and nobody had connected');
    gone?.addEventListener('abort', onGone, { once: true });
    this.#waiting.defer(() => gone?.removeEventListener('abort', onGone));
  }

  #connect(peer: string): ByteChannel {
    if (this.#ended)
      throw new StateError(`${this.#parts.name} has ended`, { state: 'ended', needed: 'open' });
    this.#waiting.dispose();
    this.#connections++;
    const [ours, theirs] = duplexPair();
    void this.#server.accept(theirs, peer).then(() => {
      if (--this.#connections === 0) this.#abandon('its last connection has ended');
    });
    return channelOf(ours);
  }

  #abandon(reason: string): void {
    const { name, log } = this.#parts;
    log.info({ session: name, reason }, 'an offered session ends');
    this.end().catch((error) => log.warn({ session: name, error }, 'an offered session did not end well'));
  }

  async #close(): Promise<void> {
    this.#waiting.dispose();
    this.#remove();
    await using stack = new AsyncDisposableStack();
    stack.defer(async () => this.#root.close?.());
    stack.use(this.#parts.own);
    stack.defer(() => this.#server.close());
  }
}

/** Our end of a pair within this process. */
function channelOf(duplex: Duplex): ByteChannel {
  duplex.on('error', () => undefined);
  const settle = (act: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => act((error) => (error ? reject(error) : resolve())));
  return {
    write: (chunk) => settle((done) => duplex.write(chunk, done)),
    end: () => settle((done) => duplex.end(done)),
    [Symbol.asyncIterator]: () => duplex[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: async () => void duplex.destroy(),
  };
}
