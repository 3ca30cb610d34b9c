import type { Leftover } from '../../core/index.ts';
import type { Accelerator, Arch, FirmwareSurvey } from '../../drivers/qemu/index.ts';
import type { NeedId, PackageManager } from '../packages/needs.js';

/** A fact that could not be found out, and why. */
export interface Unknown {
  readonly unknown: string;
}

/** What was found out, or why it was not. */
export type Known<T> = T | Unknown;

export const isUnknown = (fact: object): fact is Unknown => 'unknown' in fact;

export interface SystemFacts {
  readonly platform: NodeJS.Platform;
  /** As people call it: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** Of the kernel. */
  readonly release: string;
  /** As QEMU calls it; `null`: none that machines can be made of. */
  readonly arch: Arch | null;
  readonly cpus: number;
  /** We are in a container, where devices are given from outside. */
  readonly container: boolean;
  /** The processor's extension for virtual machines, where it tells. */
  readonly virtualization: 'vmx' | 'svm' | null;
  readonly root: boolean;
  readonly packageManager: PackageManager | null;
  readonly ubuntu: boolean;
}

export type QemuFacts =
  | {
      readonly state: 'works';
      readonly binary: string;
      readonly version: string;
      /** It can put itself under a system call filter. */
      readonly sandbox: boolean;
      /** Those that it was built with. */
      readonly accelerators: readonly string[];
    }
  | { readonly state: 'missing'; readonly binary: string }
  | { readonly state: 'broken'; readonly binary: string; readonly reason: string };

/** What machines of one architecture have here. Without a QEMU nothing else is asked. */
export interface MachineFacts {
  readonly qemu: Known<QemuFacts>;
  /** In the order in which QEMU's rules put them. */
  readonly firmware: Known<readonly FirmwareSurvey[]> | null;
  /** What a machine gets that asks for none, and why. */
  readonly accelerator: Known<Accelerator> | null;
}

/** A device node. */
export interface DeviceFacts {
  readonly path: string;
  readonly access: 'granted' | 'denied' | 'missing';
  /** The group whose members may use it. */
  readonly group: string | null;
  /** We are to be in that group, from the next login on. */
  readonly member: boolean;
}

/** What lies in a folder that machines need. */
export interface FolderFacts {
  readonly path: string;
  /** Bytes; of the file system that it is on, or would be. */
  readonly free: number;
  readonly writable: boolean;
}

/** Everything that is judged. */
export interface Facts {
  readonly system: SystemFacts;
  readonly node: { readonly version: string; readonly path: string };
  readonly machines: Readonly<Record<Arch, MachineFacts>>;
  /** `null`: a system that has no such device. */
  readonly kvm: Known<DeviceFacts> | null;
  readonly vsock: Known<DeviceFacts> | null;
  readonly needs: Known<MetNeeds>;
  /** What `jumplead images build` lacks, by architecture. */
  readonly imageTools: Readonly<Record<Arch, Known<readonly MissingTool[]>>>;
  readonly ssh: Known<{ readonly version: string | null }>;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly available: number };
  readonly folders: Known<{
    readonly cache: FolderFacts;
    readonly state: FolderFacts;
    /** Where a guest's memory lies; `null`: a system without such a folder. */
    readonly shm: FolderFacts | null;
  }>;
  /** Bytes on the disk. */
  readonly cacheSize: Known<{ readonly bytes: number }>;
  /** What processes have left that were killed, and images that were put aside as damaged. */
  readonly leftovers: Known<readonly Leftover[]>;
}

/** Where each need is met: by which program or file; `null`: not at all. */
export type MetNeeds = Readonly<Record<NeedId, string | null>>;

/** A program that building images takes and that is not here. */
export interface MissingTool {
  readonly program: string;
  /** Debian's name of the package. */
  readonly package: string;
}
