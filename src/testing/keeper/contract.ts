import { z } from 'zod';
import { arg, call, defineInterface, type Rig, stream } from '../../interfaces/index.ts';

/** A machine that tests want, by what makes it. */
export const WantedMachine = z.strictObject({
  type: z.string(),
  config: z.record(z.string(), z.unknown()),
  /** What tells it from one that is ready at another moment. */
  ready: z.string(),
  artifacts: z.string().nullable(),
});
export type WantedMachine = z.output<typeof WantedMachine>;

/** Where a machine is. */
export const ClaimedMachine = z.object({
  machine: z.string(),
  /** The private socket of its session. */
  socket: z.string(),
  /** Whoever claims it is to boot it, say how that went, and hold the claim until then. */
  boots: z.boolean(),
});
export type ClaimedMachine = z.output<typeof ClaimedMachine>;

/** How a machine came to be ready, and after how many milliseconds. */
export const Readiness = z.object({
  kind: z.enum(['cold', 'remembered']),
  duration: z.number(),
});
export type Readiness = z.output<typeof Readiness>;

/** A fork that is to outlive its test. */
export const LeftFork = z.object({
  machine: z.string(),
  name: z.string(),
  /** What its parent's session knows it by. */
  driver: z.string(),
  test: z.string(),
});
export type LeftFork = z.output<typeof LeftFork>;

/** The machines of a run of tests. Private to this package: both sides are of one version. */
export const TestMachines = defineInterface(
  'test-machines.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  {
    claim: stream('A machine, once nobody else is booting it', {
      args: [arg('wanted', WantedMachine)],
      returns: ClaimedMachine,
    }),
    ready: call('It has booted and was saved', {
      args: [arg('machine', z.string()), arg('how', Readiness)],
      returns: z.null(),
    }),
    failed: call('It did not get ready, in this run', {
      args: [arg('machine', z.string()), arg('reason', z.string())],
      returns: z.null(),
    }),
    keep: call('Keeps a fork beyond its test; returns how to get in', {
      args: [arg('fork', LeftFork)],
      returns: z.string(),
    }),
    kept: call('How to get into what was kept', { returns: z.array(z.string()) }),
    nextRun: call('Forgets failures, and ends what was kept and what the last run had no use for', {
      returns: z.null(),
    }),
    news: stream('What people are told', { returns: z.string() }),
  },
);

/** What connects to the keeper expects of it. */
export const KEEPER = { interface: TestMachines, children: {} } as const satisfies Rig;
