import { z } from 'zod';
import { AgentCommand, AgentOutput } from './agent.ts';
import { arg, call, defineInterface, stream } from './contract.ts';
import { FaultNews } from './faults.ts';
import { PoolClaim, PoolInfo, PoolRequest } from './pool.ts';
import { SizeText } from './schemas.ts';
import { ForkAnswer, ForkRequest, SaveRequest, SnapshotInfo, SnapshotName } from './snapshots.ts';

/** What the machine did, as QEMU's QMP reports it or its console shows it: `SHUTDOWN`, `RESET`, `STOP`, `RESUME`, `GUEST_PANICKED`, `BLOCK_IO_ERROR`, `GUEST_OOPS`, ... */
export const MachineEvent = z.object({
  event: z.string(),
  /** ISO 8601. */
  time: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type MachineEvent = z.output<typeof MachineEvent>;

/** By how much the default deadlines of clients are stretched for this machine, and why. */
export const MachinePace = z.object({ factor: z.number().min(1), reason: z.string() });

/** What was chosen for this machine, and why. */
export const MachineDescription = z.object({
  arch: z.string(),
  machine: z.string(),
  cpu: z.string(),
  cpus: z.number(),
  /** Bytes. */
  memory: z.number(),
  accelerator: z.object({ name: z.string(), reason: z.string() }),
  firmware: z.string(),
  /** Whom QEMU runs as, and why. */
  user: z.string(),
  /** The QEMU command line, one argument each. */
  command: z.array(z.string()),
  /** Where to reach the guest's forwarded ports on the exporter's host. */
  forwards: z.record(z.string(), z.object({ host: z.string(), hostPort: z.number(), guestPort: z.number() })),
  /** Folder with the transcript, the command line and what else a run leaves. */
  artifacts: z.string().nullable(),
  /** Of a fork: the snapshot it was started from, and how long each step of that took, in milliseconds. */
  fork: z
    .object({
      from: z.string(),
      steps: z.record(z.string(), z.number()),
      /** What its guest has renewed, where it was told to, with what it has now. */
      renewed: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  /** Measured when the machine was opened. */
  pace: MachinePace.optional(),
  /** Where boots are remembered: how the last power-on went, and why so. */
  boot: z.object({ kind: z.enum(['cold', 'remembered']), reason: z.string() }).optional(),
});
export type MachineDescription = z.output<typeof MachineDescription>;

/** A whole virtual machine; its parts are its children. */
export const Machine = defineInterface(
  'machine.v1',
  { pythonClient: 'jumpstarter_driver_qemu.client.QemuClient', category: 'composite' },
  {
    getHostname: call('The host name given to the guest', { returns: z.string(), idempotent: true }),
    getUsername: call('The user made in the guest', { returns: z.string(), idempotent: true }),
    getPassword: call("The user's password", { returns: z.string(), idempotent: true }),
    setDiskSize: call('The size of the disk at the next power-on', {
      args: [arg('size', SizeText)],
      returns: z.null(),
    }),
    setMemorySize: call('The memory at the next power-on', {
      args: [arg('size', SizeText)],
      returns: z.null(),
    }),
    describe: call('What was chosen for this machine, and why', {
      returns: MachineDescription,
      idempotent: true,
    }),
    events: stream('What the machine does from now on', { returns: MachineEvent }),
    agentReady: call('Waits until the agent in the guest answers', { returns: z.null(), idempotent: true }),
    agentExec: stream('Runs a command in the guest, by its agent', {
      args: [arg('command', AgentCommand)],
      returns: AgentOutput,
    }),
    agentSetTime: call("Sets the guest's clock: by default to what the exporter's says", {
      args: [arg('time', z.iso.datetime().nullable().optional())],
      returns: z.null(),
      idempotent: true,
    }),
    faults: stream('What keeps the machine from what somebody waits for: now, and from now on', {
      returns: FaultNews,
    }),
    snapshotSave: call('Save the machine, which goes on', {
      args: [arg('name', SnapshotName), arg('options', SaveRequest.nullish())],
      returns: SnapshotInfo,
    }),
    snapshotList: call('What has been saved', { returns: z.array(SnapshotInfo), idempotent: true }),
    snapshotRestore: call('Make the machine what it was then', {
      args: [arg('name', SnapshotName)],
      returns: z.null(),
    }),
    snapshotDelete: call('Forget what was saved', { args: [arg('name', SnapshotName)], returns: z.null() }),
    fork: call('Start another machine from this one', {
      args: [arg('options', ForkRequest.nullish())],
      returns: ForkAnswer,
    }),
    forkEnd: call('End a fork; resolves when nothing is left of it', {
      args: [arg('name', z.string())],
      returns: z.null(),
      idempotent: true,
    }),
    poolKeep: stream('Keep forks of a snapshot ready, for as long as this is listened to', {
      args: [arg('options', PoolRequest)],
      returns: PoolInfo,
    }),
    poolFollow: stream('How a pool is, now and whenever that changes', {
      args: [arg('from', SnapshotName.nullish())],
      returns: PoolInfo,
    }),
    poolClaim: call('Take a machine that is ready from a pool', {
      args: [arg('options', PoolClaim.nullish())],
      returns: ForkAnswer,
    }),
    poolList: call('How the pools are', { returns: z.array(PoolInfo), idempotent: true }),
    poolEnd: call('End a pool; resolves when nothing is left of what was ready', {
      args: [arg('from', z.string())],
      returns: z.null(),
      idempotent: true,
    }),
  },
);
