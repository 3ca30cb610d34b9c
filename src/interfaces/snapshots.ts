import { z } from 'zod';

/** What a snapshot may be called. */
export const SnapshotName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'expected letters, digits, dots, hyphens and underscores, 64 at most');

/** What is to be kept ready of a snapshot. */
export const SaveRequest = z.strictObject({
  /** How many forks are made ready before somebody asks for one, each of which takes some 80 MiB. */
  ahead: z.int().min(0).max(16).optional(),
});
export type SaveRequest = z.output<typeof SaveRequest>;

/** A saved state of a machine. */
export const SnapshotInfo = z.object({
  name: z.string(),
  /** ISO 8601. */
  created: z.string(),
  /** How long the machine stood still for it, in milliseconds. */
  pause: z.number(),
  /** Bytes of memory that it takes, and that its forks share. */
  memory: z.number(),
  /** Bytes on the disk. */
  disk: z.number(),
  /** How many forks wait for somebody to ask for one. */
  ahead: z.number(),
  /** The names of the forks that live of it. */
  forks: z.array(z.string()),
  /** What each of them has for itself: bytes of memory, and on the disk. */
  machines: z.array(z.object({ name: z.string(), memory: z.number(), disk: z.number() })),
});
export type SnapshotInfo = z.output<typeof SnapshotInfo>;

/** What a fork is to start from: a snapshot, or the machine as it is now. */
export const ForkRequest = z.strictObject({
  from: SnapshotName.optional(),
  /** Whether its guest is to renew what would be its parent's: machine-id, ssh host keys, MAC address, DHCP lease. */
  renew: z.boolean().optional(),
});

/** A fork that runs, and how it is reached. */
export const ForkAnswer = z.object({
  name: z.string(),
  /** A driver that the report does not name: its stream `connect` carries a connection to the fork's own session. */
  driver: z.string(),
  /** What the fork's session takes for the mark of its own process; only told within that. */
  token: z.string().nullable(),
  /** How long each step of its start took, in milliseconds. */
  steps: z.record(z.string(), z.number()),
});
export type ForkAnswer = z.output<typeof ForkAnswer>;
