import type { Dispatcher } from 'undici';
import { type HttpHeaders, redactUrl, refused, secretsAmong, unreachable } from './address.ts';

const MOST_REDIRECTS = 10;
/** What a server says that may work the next time. */
const TRY_AGAIN = [429, 500, 502, 503, 504];
/** What Node and OpenSSL say of a certificate that nobody we know has signed. */
const UNKNOWN_AUTHORITY = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** What a server answered, and where: after redirects that is not where it was asked. */
export interface Answer extends Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'> {
  readonly url: URL;
}

/**
 * Asks for what is at `url`, following redirects; secrets among the headers go to no other server.
 *
 * @throws UnreachableError when no answer came; ImageError when redirects lead nowhere; the signal's reason.
 */
export async function request(
  agent: Dispatcher,
  url: URL,
  headers: HttpHeaders,
  signal: AbortSignal,
): Promise<Answer> {
  const source = redactUrl(url);
  const { request: send, interceptors } = await import('undici');
  const dispatcher = agent.compose(
    interceptors.redirect({
      maxRedirections: MOST_REDIRECTS,
      throwOnMaxRedirect: true,
      stripHeadersOnCrossOriginRedirect: secretsAmong(headers),
    }),
  );
  try {
    const answer = await send(url, {
      dispatcher,
      signal,
      headers: { ...headers, 'accept-encoding': 'identity' },
    });
    return { ...answer, url: lastUrl(answer.context) ?? url };
  } catch (cause) {
    signal.throwIfAborted();
    throw explain(cause, source);
  }
}

/** @throws what an answer other than 200 or 206 means; an UnreachableError when it may be another one next time. */
export function requireOk(answer: Answer): void {
  const { statusCode, statusText, body, url } = { statusText: '', ...answer };
  if (statusCode === 200 || statusCode === 206) return;
  body.on('error', () => undefined).destroy();
  const said = `the server answered HTTP ${statusCode} ${statusText}`.trimEnd();
  throw TRY_AGAIN.includes(statusCode) ? unreachable(said, redactUrl(url)) : refused(said, redactUrl(url));
}

function lastUrl(context: object): URL | undefined {
  const history: unknown = 'history' in context ? context.history : undefined;
  const last: unknown = Array.isArray(history) ? history.at(-1) : undefined;
  return last instanceof URL ? last : undefined;
}

function explain(cause: unknown, source: string): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'UND_ERR_REDIRECT_MAX') return refused(`more than ${MOST_REDIRECTS} redirects`, source, cause);
  if (code === 'UND_ERR_INVALID_ARG' || code === 'ERR_INVALID_URL')
    return refused(`it redirects to itself, or to what is no http: or https: address`, source, cause);
  return unreachable(reasonOf(cause), source, cause);
}

/** What a connection ended with, in a few words. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // Node tries several addresses of a host, and says why each failed.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const { message, code = '' } = first as NodeJS.ErrnoException; // SAFE: Node throws errors
  if (!UNKNOWN_AUTHORITY.includes(code)) return message;
  return `${message} (${code}): the server's certificate is signed by nobody this host knows; name the file of its authority in NODE_EXTRA_CA_CERTS or SSL_CERT_FILE`;
}
