import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { buildConnector, Dispatcher, fetch as UndiciFetch } from 'undici';
import { isDutError } from '../core/index.ts';
import { closeWithSession } from './closing.ts';
import type { SessionInfo } from './node.ts';

/** How `https:` addresses are trusted; the name in the address is the one that is checked. */
export interface HttpOptions {
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;
}

/** HTTP by connections through the device: each ends at its endpoint, whatever host an address names. */
export interface DeviceHttp extends AsyncDisposable {
  /** As the platform's. @throws UnreachableError when there is no connection, in place of a TypeError. */
  readonly fetch: typeof UndiciFetch;
  /** For `fetch` of the platform, and for undici's functions. */
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

/** HTTP by connections that `connect` makes. */
export async function openHttp(
  session: SessionInfo,
  connect: () => Promise<Duplex>,
  { tls = {} }: HttpOptions = {},
): Promise<DeviceHttp> {
  // Loaded at the first use: starting must not wait for it.
  const { Agent, buildConnector, Dispatcher1Wrapper, fetch } = await import('undici');
  const secure = buildConnector(tls);
  const agent = new Agent({
    connect: (target, done) => {
      connect().then(
        (connection) => join(connection, target, secure, done),
        (error: Error) => done(error, null),
      );
    },
  });
  // As an older fetch wants it as well: that of Node 24 is one.
  const dispatcher = new Dispatcher1Wrapper(agent);
  const close = closeWithSession(session, () => agent.destroy());
  return {
    dispatcher,
    fetch: async (input, init) => {
      try {
        return await fetch(input, { ...init, dispatcher });
      } catch (error) {
        // fetch hides what happened behind a TypeError.
        const cause = error instanceof Error ? error.cause : undefined;
        throw isDutError(cause) ? cause : error;
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function join(
  connection: Duplex,
  target: buildConnector.Options,
  secure: buildConnector.connector,
  done: buildConnector.Callback,
): void {
  const socket = connection as NonNullable<buildConnector.Options['httpSocket']>; // SAFE: undici wants a stream
  if (target.protocol === 'https:') secure({ ...target, httpSocket: socket }, done);
  else done(null, socket);
}
