import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Who may see the page: whoever has opened a one-time link, in the browser where that was done. */
export interface Access {
  /** The token of a new link. */
  issueToken(): string;
  /** The `Set-Cookie` header that a token buys, once. */
  redeem(token: string): string | undefined;
  /** Whether the request comes from a browser that has redeemed a token. */
  isKnown(headers: IncomingHttpHeaders): boolean;
}

/** Makes the tokens and the cookie of one server. */
export function createAccess(): Access {
  const unused = new Set<string>();
  // Cookies are shared by all ports of a host: the name keeps two servers apart.
  const name = `jumplead-${randomBytes(4).toString('hex')}`;
  const secret = randomBytes(24).toString('base64url');
  return {
    issueToken: () => {
      const token = randomBytes(24).toString('base64url');
      unused.add(token);
      return token;
    },
    redeem: (token) =>
      unused.delete(token) ? `${name}=${secret}; HttpOnly; SameSite=Strict; Path=/` : undefined,
    isKnown: ({ cookie = '' }) => cookie.split(/; */).some((pair) => equals(pair, `${name}=${secret}`)),
  };
}

/** True for a request that names this host itself: another name may be an attacker's that resolves to us. */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host ?? '');
}

/** True for a request that a page of ours has made; browsers name the origin of every WebSocket. */
export function isOwnOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return isLoopbackHost(host) && origin === `http://${host}`;
}

function equals(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
