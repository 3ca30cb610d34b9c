import type { Architecture } from '../architectures.ts';
import type { QemuConfig } from '../config.ts';
import type { HostFacts, HostUser } from '../host-facts.ts';

/** A disk image as it lies on the host. */
export interface DiskImage {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** What the guest would see of it, in bytes. */
  readonly size: number;
}

/** A folder where the guest's memory may lie, and the bytes that are free there. */
export interface MemoryPlace {
  readonly folder: string;
  readonly free: number;
}

/** A guest's memory that is to be made. */
export interface NewMemory {
  readonly folder: string;
  readonly bytes: number;
}

/** The paths of one machine, and what was flashed to it. */
export interface MachineFiles {
  /** Folder of this machine alone: its disks and variables. */
  readonly runDir: string;
  /** Folder with a path short enough for sockets. */
  readonly socketDir: string;
  readonly uuid: string;
  readonly mac: string;
  /** What is on the root disk, if anything is. */
  readonly root: DiskImage | null;
  /** The partitions `bios`, `OVMF_CODE.fd` and `OVMF_VARS.fd`: raw files, where there are any. */
  readonly bios: string | null;
  readonly code: string | null;
  readonly vars: string | null;
  /** Where the guest's memory may lie, the best place first. */
  readonly memory: readonly MemoryPlace[];
  /** What the machine starts from that is not to boot. */
  readonly origin?: Origin | undefined;
}

/** A saved machine, as another starts from it. */
export interface Origin {
  /** The images that its disks lie over, by the names of the disks' files; all are qcow2. */
  readonly bases: Readonly<Record<string, string>>;
  /** Its seed disk, where it has one. */
  readonly seed: string | null;
  /** The address of its guest, where that is another than QEMU gives first. */
  readonly guestAddress?: string | undefined;
}

/** A file that must be there before QEMU starts. All but the seed are kept while the machine is off. */
export type PlannedFile =
  /** A qcow2 image over another that is never written. `size` is `null` when it is that of the other. */
  | {
      readonly kind: 'overlay';
      readonly path: string;
      /** The block node through which QEMU writes it. */
      readonly node: string;
      readonly backing: string;
      readonly backingFormat: 'raw' | 'qcow2';
      readonly size: number | null;
    }
  /** An empty qcow2 image. */
  | { readonly kind: 'blank'; readonly path: string; readonly node: string; readonly size: number }
  /** The seed of cloud-init, made anew at each start. */
  | { readonly kind: 'seed'; readonly path: string }
  /** What another machine was started with. */
  | { readonly kind: 'copy'; readonly path: string; readonly of: string };

/** A port of the guest on the host. `hostPort` 0 is chosen by QEMU, which tells it in `info usernet`. */
export interface PlannedForward {
  readonly name: string;
  readonly host: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

/** Everything that is needed to start a machine, and nothing done yet. */
export interface MachinePlan {
  /** What QEMU is started through: `setpriv`, or nothing. */
  readonly wrapper: readonly string[];
  readonly binary: string;
  readonly argv: readonly string[];
  /** `wrapper`, `binary` and `argv` in one. */
  readonly command: readonly string[];
  readonly user: HostUser | null;
  /** The guest's memory: a file of `bytes` in `folder`, handed over as the descriptor `memory`; `null`: that of the origin. */
  readonly memory: NewMemory | null;
  readonly files: readonly PlannedFile[];
  readonly sockets: { readonly vnc: string };
  readonly forwards: readonly PlannedForward[];
  /** What was chosen, for people. */
  readonly description: {
    readonly machine: string;
    readonly cpu: string;
    readonly cpus: number;
    readonly memory: number;
    readonly accelerator: HostFacts['accelerator'];
    readonly firmware: string;
  };
}

/** All that a piece of the plan may look at. */
export interface Circumstances {
  readonly config: QemuConfig;
  readonly host: HostFacts;
  readonly files: MachineFiles;
  readonly architecture: Architecture;
}

/** What one group of devices adds to the command line, and the files it needs. */
export interface Piece {
  readonly args: readonly string[];
  readonly files?: readonly PlannedFile[];
}
