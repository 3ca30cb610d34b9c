import { ConfigError, UnsupportedError, type WaitOptions } from '../../core/index.ts';
import { type ByteChannel, Network, Ssh, SshWrapper } from '../../interfaces/index.ts';
import { guardAgainstFaults } from '../faults/fault-guard.ts';
import { type FaultOptions, watchFaults } from '../faults/fault-watch.ts';
import { registerHandle } from '../handles.ts';
import { createForward, type NetworkHandle } from '../network.ts';
import type { RemoteNode } from '../node.ts';
import { withDefault } from '../timeouts.ts';
import { connectSsh, type SshConnecting, type SshLogin } from './ssh-connect.ts';
import { openSshSession, type SshSession } from './ssh-session.ts';

/** How to log in, where it shall be other than the device says. */
export type SshConnectOptions = SshConnecting & Partial<SshLogin> & FaultOptions;

/** The ssh server of a device. */
export interface SshHandle {
  /**
   * Logs in, by default with what the device says. Goes on trying until the server answers: it may still be starting.
   *
   * @throws AuthError when the login is refused; DeviceError at once when the device fails; DeadlineError, with what happened last.
   */
  connect(options?: SshConnectOptions): Promise<SshSession>;
  /** Offers the server itself on this host, for ssh programs of one's own. */
  readonly forward: NetworkHandle['forward'];
}

/** As `SshHandle`, where the address of the server is told. */
export interface AddressedSshHandle extends SshHandle {
  /** `tcp://HOST:PORT`, as the exporter's host sees it. */
  address(options?: WaitOptions): Promise<string>;
}

declare module '../handles.ts' {
  interface HandleTypes {
    'ssh.v1': AddressedSshHandle;
    'ssh-wrapper.v1': SshHandle;
  }
}

type Identity = { username?: string; privateKey?: string | null; password?: string | null };

function createSsh(
  node: RemoteNode,
  open: (options: WaitOptions) => Promise<ByteChannel>,
  identify: (signal: AbortSignal | undefined) => Promise<Identity>,
): SshHandle {
  return {
    forward: createForward(node.session, () => open({})),
    connect: async ({ username, privateKey, password, faults, ...options } = {}) => {
      const watch = watchFaults(node);
      const about = { operation: 'ssh.connect', waitingFor: 'the ssh server' };
      // A session that is lost is no server that may still answer.
      const end = AbortSignal.any([node.session.signal, ...(options.signal ? [options.signal] : [])]);
      using guard = await guardAgainstFaults(watch, { signal: end, faults }, about);
      const { signal } = guard;
      const asked = privateKey !== undefined || password !== undefined;
      // Whoever brings a key or a password of his own wants no other tried.
      const known = asked && username !== undefined ? {} : await identify(signal);
      const login = {
        username: username ?? known.username,
        privateKey: asked ? privateKey : (known.privateKey ?? undefined),
        password: asked ? password : (known.password ?? undefined),
      };
      const waits = { ...options, signal };
      const connection = await connectSsh(open, checkLogin(login), withDefault('sshConnect', node, waits));
      return openSshSession(node, connection, watch);
    },
  };
}

function checkLogin({ username, ...secrets }: Partial<SshLogin>): SshLogin {
  if (username) return { username, ...secrets };
  const message = 'missing; the device names no user: say whom to log in as';
  throw new ConfigError(`ssh.connect: username: ${message}`, { issues: [{ path: 'username', message }] });
}

registerHandle(Ssh, (node): AddressedSshHandle => {
  const { calls } = node;
  const identify = async (signal: AbortSignal | undefined) => {
    if (!node.extended) throw unknownLogin(node.session.target);
    return calls.identity({ signal });
  };
  return {
    ...createSsh(node, (options) => calls.connect(undefined, options), identify),
    address: (options) => calls.address(options),
  };
});

registerHandle(SshWrapper, (node): SshHandle => {
  const { calls } = node;
  const tcp = node.child('tcp', Network);
  if (!tcp) throw missingChild(node.path);
  const identify = async (signal: AbortSignal | undefined) => {
    const [username, privateKey] = await Promise.all([
      calls.getDefaultUsername({ signal }),
      calls.getSshIdentity({ signal }),
    ]);
    return { username, privateKey };
  };
  return createSsh(node, (options) => tcp.calls.connect(undefined, options), identify);
});

function unknownLogin(target: string): UnsupportedError {
  return new UnsupportedError(
    `ssh.connect: the exporter at ${target} does not say how to log in; pass { username, privateKey } or { username, password }`,
    { capability: 'identity', available: ['connect'] },
    { operation: 'ssh.connect' },
  );
}

function missingChild(path: string): ConfigError {
  const message = 'missing; an ssh wrapper needs a child "tcp"';
  return new ConfigError(`${path}: tcp: ${message}`, { issues: [{ path: 'tcp', message }] });
}
