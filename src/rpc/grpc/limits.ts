/**
 * What one peer may cost us; docs/limits.md says what happens beyond. A server holds 256 connections of clients and 128
 * that have not shown yet that they are one, a connection 256 streams. A stream holds at most one
 * unread window (512 KiB) until its call is let in (see `Intercept`), and from then on also the messages read ahead
 * (256 KiB), one incomplete message (4 MiB) and what waits to be sent (512 KiB).
 */
import type { SecureServerOptions, SessionOptions } from 'node:http2';

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** The largest message that is taken, as on every other gRPC stack. */
export const MAX_MESSAGE = 4 * MIB;

/**
 * Fields of a message, and of the messages in it: reading 4 MiB that are nothing else takes a second, in which nobody else is
 * served. A value in a list has two.
 */
export const MAX_FIELDS = 250_000;

/** Decoded messages that may wait for the reader of a call before the peer is told to stop. */
export const READ_AHEAD = 256 * KIB;

/** Bytes that may wait to be sent before `write` makes its caller wait; also the most that goes out in one write. */
export const WRITE_AHEAD = 512 * KIB;

/**
 * The same for all calls of a connection together. Beyond it a call may have one message on its way at a time: those that
 * are not read do not stop the others.
 */
export const CONNECTION_WRITE_AHEAD = 8 * MIB;

/** Calls under way on all connections of a server together; more are refused. */
export const MAX_CALLS = 16_384;

/** The bytes of messages that are not complete yet, for all calls of a connection; the call that goes beyond fails. */
export const CONNECTION_UNFINISHED = 16 * MIB;

/** Connections of a server from which a call was let in; the calls of others are refused. They may be idle for ever. */
export const MAX_CONNECTIONS = 256;

/** Connections of a server from which no call was let in yet. When another comes, the oldest of them is closed. */
export const MAX_SILENT_CONNECTIONS = 128;

/** Connections that may wait until a listener gets to them, as far as the system allows it. */
export const BACKLOG = 4_096;

/** The time for a connection to come to its first call, TLS included. */
export const SILENCE = '30s';

/** The time for a connection to come about, TLS included. */
export const CONNECT_TIMEOUT = '20s';

/**
 * Windows of a whole connection. What is under way to a client has to fit into the buffers of its socket, or two Node
 * peers block each other (see unblocked.ts): well below the 208 KiB of a Unix socket. What goes to the server may be more,
 * since a server that can always write always reads on. (Node gives received bytes back to this window at once, so a call
 * that is not read never stops the others.)
 */
export const SERVER_WINDOW = MIB;
export const CLIENT_WINDOW = 96 * KIB;

/** The buffer of a connection that has none of its own. */
export const SOCKET_BUFFER = MIB;

/** Bytes of a call that may be under way. */
export const STREAM_WINDOW = 512 * KIB;

/** Calls under way on one connection; a client waits with others. */
export const MAX_STREAMS = 256;

/** Headers of a call, as HTTP/2 counts them. */
export const MAX_HEADER_LIST = 16 * KIB;

/**
 * Node counts only what is queued for sending against `maxSessionMemory` (in MB), and refuses new streams above it. Our
 * writers stop at WRITE_AHEAD per stream, so this is twice what they can reach.
 */
const SESSION_MEMORY = 2 * Math.ceil((MAX_STREAMS * WRITE_AHEAD) / 1e6);

const SETTINGS = {
  initialWindowSize: STREAM_WINDOW,
  maxHeaderListSize: MAX_HEADER_LIST,
  enablePush: false,
};

/** Options of every HTTP/2 session we serve. */
export const SERVER_SESSION: SecureServerOptions = {
  settings: { ...SETTINGS, maxConcurrentStreams: MAX_STREAMS },
  maxSessionMemory: SESSION_MEMORY,
  // Node closes a connection above 1000 resets plus 33 a second. Clients reset every stream they are done with.
  streamResetBurst: 10_000,
  streamResetRate: 2_000,
};

/** Options of every HTTP/2 session we open. */
export const CLIENT_SESSION: SessionOptions = { settings: SETTINGS, maxSessionMemory: SESSION_MEMORY };
