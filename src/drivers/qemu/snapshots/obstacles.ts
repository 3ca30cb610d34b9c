import type { QemuConfig } from '../config.ts';
import type { HostFacts } from '../host-facts.ts';

/** What keeps a machine from being saved, and what to do instead. */
export interface Obstacle {
  readonly reason: string;
  readonly instead: string;
}

/** What QEMU must know of to be saved, by its own word. */
export interface Abilities {
  /** Of `query-migrate-capabilities`. */
  readonly capabilities: ReadonlySet<string>;
  /** What it says now against being migrated. */
  readonly blockers: readonly string[];
}

type Circumstances = Pick<HostFacts, 'platform' | 'accelerator'>;

/** Options whose devices live, at least in part, outside of QEMU. */
const OUTSIDE: readonly (readonly [RegExp, string, string])[] = [
  [
    /\bvhost-(?:vsock|scsi|user-(?!fs))|\bvhost=on\b/,
    'a vhost device is outside of QEMU',
    'use a virtio device without vhost',
  ],
  [
    /^-(?:virtfs|fsdev)$|\b(?:virtio-9p|vhost-user-fs|virtiofs)/,
    'a folder shared with the host is not saved with the machine',
    'copy its files into the guest by ssh, or put them on a disk image',
  ],
  [/\bvfio\b/, "a device of the host's own cannot be in two machines", 'use an emulated device'],
  [/\bfat:/, "QEMU's emulation of a FAT disk cannot be saved", 'put the files on an ISO: `cdrom`'],
];

/** What keeps a machine of this configuration from ever being saved. Pure; QEMU itself is asked at each save. */
export function planObstacles(config: QemuConfig, host: Circumstances): Obstacle[] {
  return [...platform(host), ...writtenInPlace(config), ...ownClock(config, host), ...outside(config)];
}

/** What keeps this machine from being saved now. */
export function runningObstacles({ capabilities, blockers }: Abilities): Obstacle[] {
  const needed = ['events', 'x-ignore-shared'].filter((name) => !capabilities.has(name));
  return [
    ...needed.map((name) => ({
      reason: `this QEMU cannot migrate with ${name}`,
      instead: 'use QEMU 4.0 or later, built with migration',
    })),
    ...blockers.map((reason) => ({
      reason: `QEMU says: ${reason}`,
      instead: 'leave out the device or option that it names',
    })),
  ];
}

/**
 * Whether QEMU may not notice what is written to memory while that is sent. What an emulated CPU knows of a page is not renewed
 * when that page counts as unchanged for a second time ("physmem: Fix migration dirty bitmap coherency with TCG memory access",
 * in QEMU 9.0). No QEMU says whether it has that, so none is trusted.
 */
export const losesWrites = ({ accelerator }: Pick<Circumstances, 'accelerator'>): boolean =>
  accelerator.name === 'tcg';

const platform = ({ platform: name }: Circumstances): Obstacle[] =>
  name === 'linux'
    ? []
    : [
        {
          reason: `memory is copied by what only Linux has, and this is ${name}`,
          instead: 'use a Linux host',
        },
      ];

function writtenInPlace({ disks }: QemuConfig): Obstacle[] {
  return disks.flatMap(({ readonly, path }, index) =>
    readonly
      ? []
      : {
          reason: `disks[${index}] (${path}) is written in place, and a snapshot would have to keep it as it is`,
          instead: 'make it `readonly: true`, or flash it as `image`',
        },
  );
}

/** A clock that runs at the host's own pace cannot be set back, and QEMU refuses to save such a CPU. */
function ownClock({ cpu }: QemuConfig, { accelerator }: Circumstances): Obstacle[] {
  const invariant = /(?:^|,)\+?invtsc(?!=off)/.test(cpu ?? '');
  if (accelerator.name !== 'kvm' || !invariant) return [];
  return [
    {
      reason: `the CPU ${cpu} has a clock that cannot be saved (invtsc)`,
      instead: 'leave `invtsc` out of `cpu`',
    },
  ];
}

function outside({ extraArgs }: QemuConfig): Obstacle[] {
  return OUTSIDE.flatMap(([pattern, reason, instead]) => {
    const found = extraArgs.find((arg) => pattern.test(arg));
    return found === undefined ? [] : { reason: `extraArgs has ${found}: ${reason}`, instead };
  });
}
