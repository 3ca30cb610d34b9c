export { Label } from './peek/index.ts';

/** The names that a report, the metadata of a call and its trailers use. All are listed in `docs/wire.md`. */

/** The version of our own additions to the protocol, announced with each report. */
export const WIRE_VERSION = '1';

/** Keys of metadata and trailers. */
export const Key = {
  /** What a stream is to be opened on, as JSON: in the request of `RouterService.Stream`. */
  request: 'request',
  /** The handle of a resource, as JSON: in the answer to that. */
  resource: 'resource',
  /** Present in that answer when the exporter does the compression itself. */
  acceptEncoding: 'x_jmp_accept_encoding',
  passphrase: 'x-jumpstarter-passphrase',
  /** The options of a stream method, as JSON. */
  options: 'jumplead-options',
  /** Proves that the caller is the process that serves the session. */
  local: 'jumplead-local',
  /** An error with its fields, as JSON. */
  error: 'jumplead-error-bin',
} as const;

/** The most bytes that go into one frame. */
export const MAX_FRAME = 64 * 1_024;
