// Importing these registers the handle of every interface that comes with the package.
import './console/console.ts';
import './display.ts';
import './flasher.ts';
import './machine.ts';
import './network.ts';
import './power.ts';
import './ssh/ssh.ts';
import './storage.ts';

export type { ConsoleHandle, ConsoleStreamOptions, SerialHandle, TtyOptions } from './console/console.ts';
export type { Pattern, Patterns } from './console/patterns.ts';
export type { Expected, Tty } from './console/tty.ts';
export type { TtyLoginOptions } from './console/tty-login.ts';
export type { TtyResult, TtyRunOptions } from './console/tty-run.ts';
export type { DisplayHandle, DisplayOptions, Screen, VncHandle, VncScreen } from './display.ts';
export type { FlasherHandle, FlashOptions } from './flasher.ts';
export type { Forward, PortForwardOptions, UnixForward, UnixForwardOptions } from './forward.ts';
export type { ImageInput } from './image-source.ts';
export type { Credentials, MachineHandle } from './machine.ts';
export type { NetworkHandle, TcpNetworkHandle } from './network.ts';
export type { MeteredPowerHandle, PowerHandle, VirtualOffOptions, VirtualPowerHandle } from './power.ts';
export type { Command } from './shell-words.ts';
export type { AddressedSshHandle, SshConnectOptions, SshHandle } from './ssh/ssh.ts';
export type { SshLogin } from './ssh/ssh-connect.ts';
export type { SshExit, SshProcess, SshShell, TerminalSize } from './ssh/ssh-process.ts';
export type { SshResult, SshRunOptions } from './ssh/ssh-run.ts';
export type { SshForwardOptions, SshSession, SshSpawnOptions } from './ssh/ssh-session.ts';
export type { StorageMuxHandle, StorageOptions } from './storage.ts';
