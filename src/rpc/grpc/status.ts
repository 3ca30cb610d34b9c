import type { Metadata } from './metadata.ts';

/** The status codes of gRPC. */
export const Status = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** One of the seventeen codes. A peer's unknown number becomes UNKNOWN. */
export type Status = (typeof Status)[keyof typeof Status];

const NAMES: ReadonlyMap<number, keyof typeof Status> = new Map(
  Object.entries(Status).map(([name, code]) => [code, name as keyof typeof Status]), // SAFE: keys of Status
);

/** `'NOT_FOUND'` for 5. */
export function statusName(code: Status): keyof typeof Status {
  return NAMES.get(code) ?? 'UNKNOWN';
}

/** Reads the number of a `grpc-status` field; anything unknown is UNKNOWN. */
export function parseStatus(text: string): Status {
  const code = /^\d{1,2}$/.test(text) ? Number(text) : Status.UNKNOWN;
  return NAMES.has(code) ? (code as Status) : Status.UNKNOWN; // SAFE: NAMES has every Status
}

/** How a call failed, on either side of the wire. Stays inside `rpc`, which turns it into the errors users see. */
export class GrpcError extends Error {
  readonly code: Status;
  /** The text of the peer, or ours, without the code. */
  readonly details: string;
  /** Trailers beside status and message; values of `-bin` keys are base64. */
  readonly metadata: Metadata;

  constructor(code: Status, details: string, options: { metadata?: Metadata; cause?: unknown } = {}) {
    super(
      `${statusName(code)}: ${details}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'GrpcError';
    this.code = code;
    this.details = details;
    this.metadata = options.metadata ?? {};
  }
}
