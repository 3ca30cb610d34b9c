import { Readable } from 'node:stream';
import { type Duration, parseDuration, watchFailure } from '../core/index.ts';
import { type HttpHeaders, parseHttpUrl, redactUrl, refused, unreachable } from './address.ts';
import { openAgent } from './agent.ts';
import { reasonOf } from './request.ts';

/** A server may take its time to store what it got. */
const SILENCE: Duration = '5m';

/**
 * Puts bytes at a URL. A redirect is not followed: the bytes have gone by then.
 *
 * @throws ImageError when the server does not take them, UnreachableError when the connection breaks, what the bytes end with,
 * the signal's reason.
 */
export async function upload(
  address: string,
  chunks: AsyncIterable<Uint8Array>,
  { headers = {}, signal }: { readonly headers?: HttpHeaders | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const url = parseHttpUrl(address);
  const target = redactUrl(url);
  const bytes = watchFailure(chunks);
  const body = Readable.from(bytes.chunks);
  const { request } = await import('undici');
  await using stack = new AsyncDisposableStack();
  const dispatcher = await openAgent(parseDuration(SILENCE));
  stack.defer(() => dispatcher.destroy());
  const sent = request(url, { method: 'PUT', dispatcher, headers, body, signal });
  const answer = await sent.catch((cause) => {
    signal.throwIfAborted();
    if (bytes.failure) throw bytes.failure.reason;
    throw unreachable(`the upload failed (${reasonOf(cause)})`, target, cause);
  });
  answer.body.on('error', () => undefined).destroy();
  const { statusCode, statusText } = answer;
  if (statusCode < 200 || statusCode > 299)
    throw refused(`the server answered HTTP ${statusCode} ${statusText}`.trimEnd(), target);
}
