import { type OutgoingHttpHeaders, request, STATUS_CODES } from 'node:http';
import type { ByteChannel } from '../../interfaces/index.ts';
import { duplexOf } from '../duplex.ts';

/** A question to a web server. */
export interface HttpQuestion {
  readonly host: string;
  readonly port?: number;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** Asks on a connection of its own, which is closed afterwards. Resolves with the status. */
export async function askHttp(
  channel: ByteChannel,
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<number> {
  const connection = duplexOf(channel, { allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  try {
    const asked = request({ ...question, signal, createConnection: () => connection });
    asked.on('response', ({ statusCode = 0 }) => resolve(statusCode));
    asked.on('error', reject);
    asked.end();
    return await promise;
  } catch (error) {
    // Node's own AbortError hides the reason.
    signal.throwIfAborted();
    throw error;
  } finally {
    connection.destroy();
  }
}

/** `503 Service Unavailable`. */
export const describeHttpStatus = (status: number) => `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
