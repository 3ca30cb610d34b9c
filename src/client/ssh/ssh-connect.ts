import type { AnyAuthMethod, Client, ConnectConfig, ParsedKey } from 'ssh2';
import {
  AuthError,
  ConfigError,
  DeadlineError,
  type DutError,
  isDutError,
  type OpenWait,
  raceSignal,
  startDeadline,
  UnreachableError,
  type WaitOptions,
} from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import { duplexOf } from '../duplex.ts';
import { keepTrying } from '../keep-trying.ts';

/** Who logs in, and with what: the key is tried before the password. */
export interface SshLogin {
  readonly username: string;
  /** In OpenSSH's format. */
  readonly privateKey?: string | undefined;
  readonly password?: string | undefined;
}

/** How long to go on trying. */
export interface SshConnecting extends WaitOptions {
  /** Told each time that the server does not answer yet. */
  readonly onRefusal?: ((error: DutError) => void) | undefined;
}

/** A server that accepted the login. */
export interface SshConnection {
  readonly client: Client;
  /** Aborts when the connection has ended, with the error that says why. */
  readonly ended: AbortSignal;
  /** Ends it, whatever still runs on the other side. */
  close(): void;
}

/** Loaded when it is needed: most who connect to a device want no ssh. */
const loadSsh2 = async () => (await import('ssh2')).default;
type Ssh2 = Awaited<ReturnType<typeof loadSsh2>>;

/** A guest that is starting may swallow a connection: then another one is tried. */
const ATTEMPT_TIMEOUT = 20_000;

/**
 * Connects and logs in, again and again until the server answers: it may still be starting.
 *
 * @throws AuthError as soon as the server refuses the login; what `open` throws, unless that only means that nobody listens
 * yet; DeadlineError with what happened last.
 */
export async function connectSsh(
  open: (options: WaitOptions) => Promise<ByteChannel>,
  login: SshLogin,
  { onRefusal, ...options }: SshConnecting & OpenWait,
): Promise<SshConnection> {
  using deadline = startDeadline(options, { operation: 'ssh.connect', waitingFor: 'the ssh server' });
  const { signal } = deadline;
  const ssh2 = await loadSsh2();
  const config = configOf(ssh2, login);
  let last: unknown;
  const onFailure = (error: unknown) => {
    last = error;
    if (isDutError(error)) onRefusal?.(error);
  };
  try {
    return await keepTrying(() => attempt(ssh2, open, config, signal), { signal, mayPass, onFailure });
  } catch (error) {
    throw withLast(error, last);
  }
}

/** Nobody listens, or whoever does is not ready: that passes while a machine starts. */
const mayPass = (error: unknown) => isDutError(error) && error.code === 'unreachable';

/** The deadline's error says what kept the server from answering. */
function withLast(error: unknown, last: unknown): unknown {
  if (!(error instanceof DeadlineError) || error.operation !== 'ssh.connect' || !isDutError(last))
    return error;
  const { after, waitingFor, scaling } = error;
  return new DeadlineError(
    `${error.message}\nlast attempt: ${last.message}`,
    { after, waitingFor, ...(scaling !== undefined && { scaling }) },
    { operation: 'ssh.connect', cause: last },
  );
}

async function attempt(
  ssh2: Ssh2,
  open: (options: WaitOptions) => Promise<ByteChannel>,
  config: ConnectConfig,
  signal: AbortSignal,
): Promise<SshConnection> {
  const sock = duplexOf(await open({ signal }), { allowHalfOpen: false });
  const client = new ssh2.Client();
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const end = new AbortController();
  let banner = '';
  let cause: (Error & { level?: string }) | undefined;
  client.on('ready', resolve);
  client.on('banner', (text) => {
    banner = text.trim();
  });
  client.on('error', (error) => {
    cause ??= error;
    sock.destroy();
  });
  client.on('close', () => {
    reject(loginError(config.username ?? '', cause, banner));
    end.abort(endedBy(cause));
  });
  try {
    client.connect({ ...config, sock, readyTimeout: ATTEMPT_TIMEOUT });
    await raceSignal(ready, signal);
  } catch (error) {
    sock.destroy();
    throw error;
  }
  return { client, ended: end.signal, close: () => sock.destroy() };
}

/** Why a connection has ended: the device's own error where that has failed. */
function endedBy(cause: Error | undefined): Error {
  if (isDutError(cause)) return cause;
  return new UnreachableError(`ssh: the connection has ended${why(cause)}`, { target: 'ssh' }, { cause });
}

/** Why a connection ended before the login was accepted. */
function loginError(
  username: string,
  cause: (Error & { level?: string }) | undefined,
  banner: string,
): unknown {
  if (isDutError(cause)) return cause;
  const said = banner === '' ? '' : `\nthe server said: ${banner}`;
  if (cause?.level === 'client-authentication') {
    const message = `ssh.connect: the server refuses the login of user ${JSON.stringify(username)}${said}`;
    return new AuthError(message, {}, { operation: 'ssh.connect' });
  }
  const message = `ssh.connect: the server ended the connection before the login${why(cause)}${said}`;
  return new UnreachableError(message, { target: 'ssh' }, { operation: 'ssh.connect', cause });
}

const why = (cause: Error | undefined) => (cause ? `: ${cause.message.split('\n')[0]}` : '');

function configOf(ssh2: Ssh2, { username, privateKey, password }: SshLogin): ConnectConfig {
  const methods: AnyAuthMethod[] = [];
  if (privateKey !== undefined) methods.push({ type: 'publickey', username, key: readKey(ssh2, privateKey) });
  if (password !== undefined) {
    methods.push({ type: 'password', username, password });
    methods.push({
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
    });
  }
  if (methods.length === 0) methods.push({ type: 'none', username });
  return { username, authHandler: methods };
}

function readKey(ssh2: Ssh2, privateKey: string): ParsedKey {
  const key = ssh2.utils.parseKey(privateKey);
  if (!(key instanceof Error)) return key;
  const message = 'expected an unencrypted private key in the format of OpenSSH or PEM';
  throw new ConfigError(`ssh.connect: privateKey: ${message}`, { issues: [{ path: 'privateKey', message }] });
}
