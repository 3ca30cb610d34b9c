import type { IncomingHttpHeaders } from 'node:http2';
import { GrpcError, Status } from './status.ts';

/**
 * Headers or trailers beside those of gRPC itself. Keys are lower case; values are printable ASCII, and for keys that
 * end in `-bin` base64 (see `encodeBinary`). A key that came several times has its values joined by `, `.
 */
export type Metadata = Readonly<Record<string, string>>;

const KEY = /^[0-9a-z_.-]+$/;
const VALUE = /^[\x20-\x7e]*$/;
const OURS = new Set(['content-type', 'te', 'user-agent', 'host', 'connection', 'content-length', 'date']);

const isOurs = (key: string) => key.startsWith(':') || key.startsWith('grpc-') || OURS.has(key);

/** The metadata among the headers of a request or an answer. */
export function readMetadata(headers: IncomingHttpHeaders): Metadata {
  const metadata: Record<string, string> = {};
  for (const key of Object.keys(headers)) {
    const value = headers[key];
    if (value === undefined || isOurs(key)) continue;
    metadata[key] = Array.isArray(value) ? value.join(', ') : value;
  }
  return metadata;
}

/** True if `key` and `value` can travel as metadata. */
export function isSendable(key: string, value: string): boolean {
  return KEY.test(key) && VALUE.test(value) && !isOurs(key);
}

/** `metadata`, if it can travel. @throws GrpcError INTERNAL that names the key. */
export function checkMetadata(metadata: Metadata): Metadata {
  for (const [key, value] of Object.entries(metadata)) {
    if (isSendable(key, value)) continue;
    const problem = VALUE.test(value)
      ? "the key must be of [0-9a-z_.-] and none of gRPC's own"
      : 'the value must be printable ASCII (end the key in -bin and encode it)';
    throw new GrpcError(Status.INTERNAL, `cannot send the metadata ${JSON.stringify(key)}: ${problem}`);
  }
  return metadata;
}

/** The value of a `-bin` key for `bytes`. */
export function encodeBinary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replace(/=+$/, '');
}

/** The bytes of a `-bin` value, with or without padding. Of several values the first. */
export function decodeBinary(value: string): Uint8Array {
  return Buffer.from(value.split(',', 1)[0] ?? '', 'base64');
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds of a `grpc-timeout` field; undefined where it is not one. */
export function parseTimeout(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ''];
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** The `grpc-timeout` field for `milliseconds`: at most eight digits, rounded up. */
export function formatTimeout(milliseconds: number): string {
  for (const [unit, factor] of [
    ['m', 1],
    ['S', 1_000],
    ['M', 60_000],
  ] as const) {
    const count = Math.ceil(milliseconds / factor);
    if (count < 1e8) return `${count}${unit}`;
  }
  return '99999999H';
}
