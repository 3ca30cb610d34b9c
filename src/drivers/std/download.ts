import { ImageError, UnreachableError } from '../../core/index.ts';

const MOST_REDIRECTS = 10;
const SECRET_HEADER = /^(authorization|cookie|proxy-authorization|x-amz-.*|x-ms-.*|x-goog-.*)$/i;

type Headers = Readonly<Record<string, string>>;

/**
 * The body of `url`, following up to ten redirects. Headers that may hold a secret go to no other origin.
 *
 * @throws ImageError when the server refuses; UnreachableError when it cannot be reached or stops half-way. Neither quotes
 * the query, which may hold a signature.
 */
export async function* download(
  url: string,
  headers: Headers,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const source = withoutQuery(url);
  try {
    const answer = await follow(url, headers, signal);
    if (!answer.ok) {
      const reason = `the server answered ${answer.status} ${answer.statusText}`.trimEnd();
      throw new ImageError(`${source}: ${reason}`, { reason, source });
    }
    yield* answer.body ?? [];
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof ImageError) throw cause;
    const message = `${source}: the download failed (${rootMessage(cause)})`;
    throw new UnreachableError(message, { target: source }, { cause });
  }
}

async function follow(first: string, given: Headers, signal: AbortSignal): Promise<Response> {
  let url = first;
  let headers = given;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const answer = await fetch(url, { headers, signal, redirect: 'manual' });
    const location = answer.headers.get('location');
    if (answer.status < 300 || answer.status > 399 || location === null) return answer;
    await answer.body?.cancel();
    const next = new URL(location, url);
    if (next.origin !== new URL(url).origin) headers = withoutSecrets(headers);
    url = next.href;
  }
  const source = withoutQuery(first);
  const reason = `more than ${MOST_REDIRECTS} redirects`;
  throw new ImageError(`${source}: ${reason}`, { reason, source });
}

function withoutSecrets(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET_HEADER.test(name)));
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, '?…');
}

/** The innermost reason: `fetch failed` alone says nothing. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : rootMessage(error.cause);
}
