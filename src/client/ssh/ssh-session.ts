import { type Command, shellLine, startDeadline, type WaitOptions } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import { closeWithSession } from '../closing.ts';
import { guardAgainstFaults } from '../faults/fault-guard.ts';
import type { FaultOptions, FaultWatch } from '../faults/fault-watch.ts';
import { type Forward, openForward, type PortForwardOptions } from '../forward.ts';
import type { RemoteNode } from '../node.ts';
import { withDefault } from '../timeouts.ts';
import type { SshConnection } from './ssh-connect.ts';
import { downloadOverSsh, uploadOverSsh } from './ssh-copy.ts';
import {
  type SshProcess,
  type SshShell,
  startProcess,
  startShell,
  type TerminalSize,
  withEnvironment,
} from './ssh-process.ts';
import { runOverSsh, type SshResult, type SshRunOptions } from './ssh-run.ts';
import { openTunnel, type SshTarget, tunnelOf } from './ssh-tunnel.ts';

/**
 * A login by ssh. When its connection ends, everything that is going on in it ends with an UnreachableError, or with the
 * DeviceError that says why the device has failed.
 */
export interface SshSession extends AsyncDisposable {
  /**
   * Runs a command to its end. Text is for the user's shell as it is; the words of an array are quoted.
   *
   * @throws CommandError when it fails, unless `reject` is false; DeviceError when the device fails meanwhile.
   */
  run(command: Command, options?: SshRunOptions): Promise<SshResult>;
  /** Starts a command, with its streams. */
  spawn(command: Command, options?: SshSpawnOptions): Promise<SshProcess>;
  /** Starts the user's shell in a terminal. */
  shell(options?: TerminalSize & WaitOptions): Promise<SshShell>;
  /** Copies a file or a folder to the device. A file is there only once it is whole. */
  upload(local: string, remote: string, options?: WaitOptions & FaultOptions): Promise<void>;
  /** Copies a file or a folder from the device. A file is there only once it is whole. */
  download(remote: string, local: string, options?: WaitOptions & FaultOptions): Promise<void>;
  /** Opens one connection to a port that the device can reach, by default one of its own. */
  connect(options: SshTarget & WaitOptions): Promise<ByteChannel>;
  /** Offers a port that the device can reach, by default one of its own, at 127.0.0.1 of this host. */
  forward(options: SshForwardOptions): Promise<Forward>;
  /** Aborts when the connection has ended, with the error that says why. */
  readonly ended: AbortSignal;
  close(): Promise<void>;
}

export interface SshSpawnOptions extends WaitOptions {
  /** Gives the command a terminal; then all its output is on stdout. */
  readonly pty?: TerminalSize;
  readonly env?: Readonly<Record<string, string>>;
}

export type SshForwardOptions = PortForwardOptions & SshTarget;

/** A session on `connection`, which it then owns. */
export function openSshSession(
  node: RemoteNode,
  connection: SshConnection,
  watch: FaultWatch | undefined,
): SshSession {
  const { session } = node;
  const { ended } = connection;
  const close = closeWithSession(session, async () => {
    const closed = new Promise<void>((resolve) => {
      if (ended.aborted) resolve();
      ended.addEventListener('abort', () => resolve(), { once: true });
    });
    connection.close();
    await closed;
  });
  return {
    run: (command, options = {}) => runOverSsh(connection, command, withDefault('run', node, options), watch),
    spawn: async (command, { pty, env = {}, ...waits } = {}) => {
      using deadline = startDeadline(waits, purpose('ssh.spawn', 'the command to start'));
      const line = withEnvironment(shellLine(command), env);
      return await startProcess(connection, line, pty, deadline.signal);
    },
    shell: async (options = {}) => {
      using deadline = startDeadline(options, purpose('ssh.shell', 'the shell to start'));
      return await startShell(connection, options, deadline.signal);
    },
    upload: async (local, remote, options = {}) => {
      const about = purpose('ssh.upload', `${remote} to be written`);
      using deadline = startDeadline(options, about);
      using guard = await guardAgainstFaults(watch, { ...options, signal: deadline.signal }, about);
      await uploadOverSsh(connection, local, remote, guard.signal);
    },
    download: async (remote, local, options = {}) => {
      const about = purpose('ssh.download', `${remote} to be read`);
      using deadline = startDeadline(options, about);
      using guard = await guardAgainstFaults(watch, { ...options, signal: deadline.signal }, about);
      await downloadOverSsh(connection, remote, local, guard.signal);
    },
    connect: async ({ guestPort, guestHost, ...waits }) => {
      using deadline = startDeadline(waits, purpose('ssh.connect', `port ${guestPort} of the device`));
      return tunnelOf(connection, await openTunnel(connection, { guestPort, guestHost }, deadline.signal));
    },
    forward: ({ guestPort, guestHost, ...local }) => {
      const connect = () => openTunnel(connection, { guestPort, guestHost }, ended);
      return openForward(session, { connect, halfClose: true }, local);
    },
    ended,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const purpose = (operation: string, waitingFor: string) => ({ operation, waitingFor });
