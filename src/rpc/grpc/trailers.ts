import { isSendable } from './metadata.ts';
import { type GrpcError, Status } from './status.ts';

/** The largest `grpc-message`, percent-encoded, in bytes: older Python peers allow 8 KiB for all headers together. */
export const MAX_MESSAGE_TEXT = 1_536;

/** The largest set of trailers we send, in bytes. What does not fit is left out, the largest first. */
export const MAX_TRAILERS = 7_168;

/** What HTTP/2 adds to each field when it counts a header list. */
const FIELD_OVERHEAD = 32;

/** Percent-encodes for `grpc-message`: at most `limit` bytes, cut between two characters. */
export function encodeMessage(text: string, limit: number = MAX_MESSAGE_TEXT): string {
  let encoded = '';
  for (const character of text.toWellFormed()) {
    const next = /^[\x20-\x24\x26-\x7e]$/.test(character) ? character : percentEncode(character);
    if (encoded.length + next.length > limit) return encoded;
    encoded += next;
  }
  return encoded;
}

function percentEncode(character: string): string {
  const hex = Buffer.from(character).toString('hex').toUpperCase();
  return hex.replace(/../g, '%$&');
}

/** Reads a `grpc-message`. Never fails: a wrong escape stays as it is, as the specification asks. */
export function decodeMessage(encoded: string): string {
  if (!encoded.includes('%')) return encoded;
  const bytes = encoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The trailers that end a call. Together they stay under 7 KiB, so that every peer accepts them. */
export function encodeTrailers(error?: GrpcError): Record<string, string> {
  const trailers: Record<string, string> = { 'grpc-status': String(error?.code ?? Status.OK) };
  if (!error) return trailers;
  if (error.details) trailers['grpc-message'] = encodeMessage(error.details);
  let size = fieldsSize(trailers);
  const bySize = Object.entries(error.metadata).sort(([, a], [, b]) => a.length - b.length);
  for (const [key, value] of bySize) {
    if (!isSendable(key, value)) continue;
    size += key.length + value.length + FIELD_OVERHEAD;
    if (size > MAX_TRAILERS) break;
    trailers[key] = value;
  }
  return trailers;
}

function fieldsSize(fields: Readonly<Record<string, string>>): number {
  return Object.entries(fields).reduce(
    (sum, [key, value]) => sum + key.length + value.length + FIELD_OVERHEAD,
    0,
  );
}
