import { ImageError, UnreachableError } from '../../core/index.ts';

const MOST_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Headers that are secrets of one server: another that is redirected to does not get them. */
const SECRET = /^(?:authorization|cookie|proxy-authorization|x-amz-|x-ms-|x-goog-)/i;

type Headers = Readonly<Record<string, string>>;

/** `url` without what may be a secret in it: user, password, query and fragment. */
export function redactUrl(url: string | URL): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search ? '?...' : ''}`;
}

/**
 * Starts a download, following redirects.
 *
 * @throws ImageError when the server has no such thing; UnreachableError when it cannot be reached or fails.
 */
export async function openDownload(url: string, headers: Headers, signal: AbortSignal): Promise<Response> {
  let at = parseHttpUrl(url);
  let sent = headers;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await request(at, { headers: { ...sent, 'accept-encoding': 'identity' }, signal });
    const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
    if (location === null) return requireOk(response, at);
    await response.body?.cancel();
    const next = parseHttpUrl(location, at);
    if (next.origin !== at.origin) sent = withoutSecrets(sent);
    at = next;
  }
  throw refused(`more than ${MOST_REDIRECTS} redirects`, redactUrl(url));
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'manual' });
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw unreachable(url, cause);
  }
}

/** The chunks of a response. @throws UnreachableError when the connection breaks before the end. */
export async function* bodyOf(
  response: Response,
  url: string,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  try {
    if (response.body) yield* response.body;
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(new URL(url), cause);
  }
}

function unreachable(url: URL, cause: unknown): UnreachableError {
  const target = redactUrl(url);
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
  return new UnreachableError(`${target}: ${reason}`, { target }, { cause });
}

function requireOk(response: Response, url: URL): Response {
  if (response.ok) return response;
  const answer = `HTTP ${response.status} ${response.statusText}`.trimEnd();
  if (response.status >= 500) throw unreachable(url, answer);
  throw refused(`the server answered ${answer}`, redactUrl(url));
}

function refused(reason: string, source: string): ImageError {
  return new ImageError(`${source}: ${reason}`, { reason, source });
}

function withoutSecrets(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET.test(name)));
}

function parseHttpUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw refused('only http: and https: addresses can be fetched', url ? redactUrl(url) : 'the address');
  if (!url.username && !url.password) return url;
  const reason = 'an address with a user or a password cannot be fetched; give them in a header';
  throw refused(reason, redactUrl(url));
}
