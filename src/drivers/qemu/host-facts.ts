import type { AcceleratorName } from './architectures.ts';
import type { Firmware } from './firmware.ts';

/** A QEMU of this host and what it can do. */
export interface QemuProgram {
  readonly binary: string;
  /** `7.2.22`. */
  readonly version: string;
  /** Whether it can put itself under a system call filter. */
  readonly sandbox: boolean;
  /** The accelerators it was built with. */
  readonly accelerators: ReadonlySet<string>;
  /** The devices it knows. */
  readonly devices: ReadonlySet<string>;
}

/** How the guest's instructions are run, and why so. */
export interface Accelerator {
  readonly name: AcceleratorName;
  readonly reason: string;
}

/** A user of the host. */
export interface HostUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** What planning a machine needs to know of the host. */
export interface HostFacts {
  readonly platform: NodeJS.Platform;
  readonly qemu: QemuProgram;
  readonly accelerator: Accelerator;
  readonly firmware: Firmware;
  /** The program that lets QEMU die with us, where there is one. */
  readonly setpriv: string | null;
  /** Whom QEMU runs as, where we are root; `null`: as whom we are. */
  readonly user: HostUser | null;
  /** The same in words, and why so. */
  readonly runsAs: string;
}
