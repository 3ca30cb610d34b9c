// Importing these registers the handle of every interface that comes with the package.
import './console/console.ts';
import './display.ts';
import './file-servers.ts';
import './file-storage.ts';
import './flasher.ts';
import './machine.ts';
import './network.ts';
import './power.ts';
import './shell.ts';
import './ssh/ssh.ts';
import './storage.ts';

export type { AgentExecOptions, AgentHandle, AgentResult } from './agent.ts';
export type { ConsoleHandle, ConsoleStreamOptions, SerialHandle, TtyOptions } from './console/console.ts';
export type { Pattern, Patterns } from './console/patterns.ts';
export type { Expected, Tty, TtyWaitOptions } from './console/tty.ts';
export type { TtyLoginOptions } from './console/tty-login.ts';
export type { TtyResult, TtyRunOptions } from './console/tty-run.ts';
export type { DisplayHandle, DisplayOptions, Screen, VncHandle, VncScreen } from './display.ts';
export type { Expectation } from './expected-digests.ts';
export type { FaultOptions } from './faults/fault-watch.ts';
export type { FileServerHandle, HttpServerHandle, TftpServerHandle } from './file-servers.ts';
export type { StorageEntry, StorageHandle, UploadOptions } from './file-storage.ts';
export type { DumpOptions, FlasherHandle, FlashOptions } from './flasher.ts';
export type { Forward, PortForwardOptions, UnixForward, UnixForwardOptions } from './forward.ts';
export type { DeviceHttp, HttpOptions } from './http.ts';
export type { ImageInput } from './image-source.ts';
export type { Credentials, MachineHandle } from './machine.ts';
export type { Forwarding, MessageNetworkHandle, NetworkHandle, TcpNetworkHandle } from './network.ts';
export type { OperatorImage, StorageOperator } from './operator-image.ts';
export type { ClaimOptions, KeepPool, OpenClaim, Pool, PoolOptions } from './pool.ts';
export type { MeteredPowerHandle, PowerHandle, VirtualOffOptions, VirtualPowerHandle } from './power.ts';
export { type BootedMachine, bootRemembering, type RemembersBoots } from './remembered-boot.ts';
export type { ShellHandle, ShellOptions, ShellResult, ShellRunOptions, ShellText } from './shell.ts';
export {
  type Forked,
  type ForkLine,
  type ForkMethod,
  type ForkOptions,
  forkLine,
  type OpenFork,
  type SnapshotsHandle,
} from './snapshots.ts';
export type { AddressedSshHandle, SshConnectOptions, SshHandle } from './ssh/ssh.ts';
export type { SshLogin } from './ssh/ssh-connect.ts';
export type { SshExit, SshProcess, SshShell, TerminalSize } from './ssh/ssh-process.ts';
export type { SshResult, SshRunOptions } from './ssh/ssh-run.ts';
export type { SshForwardOptions, SshSession, SshSpawnOptions } from './ssh/ssh-session.ts';
export type { SshTarget } from './ssh/ssh-tunnel.ts';
export type { StorageMuxFlasherHandle, StorageMuxHandle, StorageOptions } from './storage.ts';
export type { StorageFile } from './storage-file.ts';
