import { ImageError, UnreachableError } from '../core/index.ts';

/** Headers of a request: their names, and their values. */
export type HttpHeaders = Readonly<Record<string, string>>;

/** Headers that are secrets of one server: another that is redirected to does not get them. */
const SECRET = /^(?:authorization|cookie|proxy-authorization|x-amz-|x-ms-|x-goog-)/i;

/** `url` without what may be a secret in it: user, password, query and fragment. */
export function redactUrl(url: string | URL): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search ? '?...' : ''}`;
}

/** The name of the file that a URL ends with; empty where it ends with a folder. */
export function fileNameOf(url: string | URL): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The names of those headers that only one server may see. */
export function secretsAmong(headers: HttpHeaders): string[] {
  return Object.keys(headers).filter((name) => SECRET.test(name));
}

/** @throws ImageError when `text` is no address that can be fetched. */
export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw refused('only http: and https: addresses can be fetched', url ? redactUrl(url) : 'the address');
  if (!url.username && !url.password) return url;
  const reason = 'an address with a user or a password cannot be fetched; give them in a header';
  throw refused(reason, redactUrl(url));
}

/** What is at `source` is not what was meant, and why. */
export function refused(reason: string, source: string, cause?: unknown): ImageError {
  return new ImageError(`${source}: ${reason}`, { reason, source }, { cause });
}

/** What is at `source` cannot be had now, and why. */
export function unreachable(reason: string, source: string, cause?: unknown): UnreachableError {
  return new UnreachableError(`${source}: ${reason}`, { target: source }, { cause });
}
