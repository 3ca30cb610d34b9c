import { z } from 'zod';
import { decodeBinary, encodeBinary } from './grpc/index.ts';
import { encodeMessage, MAX_MESSAGE_TEXT, MAX_TRAILERS } from './grpc/trailers.ts';

/** What the trailer with an error holds: what makes the same error again on the other side. */
export const ErrorDetail = z.object({
  code: z.string(),
  fault: z.enum(['caller', 'device', 'lab', 'bug']),
  operation: z.string().optional(),
  /** The whole message, where the status has only the beginning of it. */
  message: z.string().optional(),
  fields: z.record(z.string(), z.unknown()),
});
/** As the schema of the same name reads it. */
export type ErrorDetail = z.output<typeof ErrorDetail>;

/** What is left for the names, the status itself and what HTTP/2 counts for each field. */
const OVERHEAD = 256;

/**
 * The value of the trailer for `detail`, cut so that it fits beside the status message. Of text the end is kept, of
 * lists the beginning: the last lines of a log say more than the first.
 */
export function encodeDetail(detail: ErrorDetail, whole: string): string {
  const message = whole.slice(0, MAX_TRAILERS);
  const text = encodeMessage(message);
  const isCut = encodeMessage(message, Number.POSITIVE_INFINITY).length > MAX_MESSAGE_TEXT;
  const room = Math.floor(((MAX_TRAILERS - OVERHEAD - text.length) * 3) / 4);
  const { message: _, ...rest } = detail;
  const given = bounded(rest.fields);
  let fields: Record<string, unknown> = isCut ? { ...given, [MESSAGE]: message } : given;
  for (;;) {
    const { [MESSAGE]: said, ...kept } = fields;
    const json = JSON.stringify({
      ...rest,
      ...(typeof said === 'string' && { message: said }),
      fields: kept,
    });
    if (Buffer.byteLength(json) <= room || Object.keys(fields).length === 0)
      return encodeBinary(Buffer.from(json));
    fields = shortenLargest(fields);
  }
}

/** The detail in a trailer; undefined for anything that is none. */
export function decodeDetail(value: string): ErrorDetail | undefined {
  try {
    return ErrorDetail.parse(JSON.parse(Buffer.from(decodeBinary(value)).toString()));
  } catch {
    return undefined;
  }
}

/** `fields` without what has no chance to fit: an error may quote megabytes. */
function bounded(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, MOST_ENTRIES);
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(0, MAX_TRAILERS), boundedValue(value)]));
}

function boundedValue(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > MAX_TRAILERS ? CUT + value.slice(value.length - MAX_TRAILERS) : value;
  }
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map(boundedValue);
  return typeof value === 'object' && value !== null ? bounded(value) : value;
}

/** More than could fit, whatever they are. */
const MOST_ENTRIES = 1_024;

/** Stands for the message among the fields while they are being cut; no field can have this name. */
const MESSAGE = '\0message';
const CUT = '…';
/** What is not worth cutting is left out. */
const TINY = 16;

function shortenLargest(fields: Record<string, unknown>): Record<string, unknown> {
  const [largest] = Object.entries(fields).toSorted(([, a], [, b]) => size(b) - size(a));
  if (!largest) return fields;
  const [key, value] = largest;
  const { [key]: _, ...others } = fields;
  if (size(value) <= TINY) return others;
  return { ...others, [key]: shorten(value, key === MESSAGE ? 'end' : 'start') };
}

function shorten(value: unknown, cutAt: 'start' | 'end'): unknown {
  if (typeof value === 'string') {
    const keep = Math.floor(value.length / 2);
    return cutAt === 'end' ? value.slice(0, keep) + CUT : CUT + value.slice(value.length - keep);
  }
  if (Array.isArray(value)) {
    const half = value.slice(0, Math.ceil(value.length / 2));
    return value.length > 1 ? half : half.map((item) => shorten(item, cutAt));
  }
  return shortenLargest({ ...(value as object) }); // SAFE: numbers and booleans are tiny
}

const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');
