import { expect } from 'vitest';
import { isDutError } from '../../src/core/index.ts';
import type { ByteChannel, CallOptions } from '../../src/interfaces/index.ts';
import { wireName } from '../../src/interfaces/index.ts';
import type { Check } from './check.ts';
import type { Specimen, Unchecked } from './specimen.ts';

/** How one method of an interface is put to the test. */
export interface MethodProbe<C, S extends Specimen<C>, A> {
  /** As TypeScript spells it. */
  readonly method: string;
  readonly kind?: 'call' | 'stream' | 'channel';
  /** Brings the device to where the call has something to do. May be done again. */
  readonly prepare?: (specimen: S) => Promise<unknown>;
  /** Makes the call and uses up what it gives. */
  readonly call: (calls: C, options?: CallOptions) => Promise<A>;
  /** What is to be seen after a call that succeeded. */
  readonly expect?: (answer: A, specimen: S) => unknown;
  /** Arguments that the interface does not allow, each a whole list; without any, one argument too many. */
  readonly wrong?: readonly (readonly unknown[])[];
  /** Two such calls at a time: both succeed (`shared`), or the second is refused (`busy`). */
  readonly together: 'shared' | 'busy';
  /** Opens the stream of a channel method: that an open one breaks with the device is then checked as well. */
  readonly open?: (calls: C) => Promise<ByteChannel>;
}

/** Makes the five checks of a method for specimens `S`. */
export function methodChecksOf<C, S extends Specimen<C> = Specimen<C>>() {
  return <A>(probe: MethodProbe<C, S, A>): Check<S>[] => [
    { name: checkName(probe.method, 'success'), run: (specimen) => succeeds(probe, specimen) },
    {
      name: checkName(probe.method, 'wrongArgument'),
      run: (specimen) => refusesWrongArguments(probe, specimen),
    },
    { name: checkName(probe.method, 'deviceGone'), run: (specimen) => endsWithTheDevice(probe, specimen) },
    { name: checkName(probe.method, 'clientGone'), run: (specimen) => endsWithItsClient(probe, specimen) },
    {
      name: checkName(probe.method, 'secondClient'),
      run: (specimen) => standsASecondClient(probe, specimen),
    },
  ];
}

const NAMES = {
  success: 'does what it says',
  wrongArgument: 'refuses wrong arguments',
  deviceGone: 'fails when the device goes away during the call',
  clientGone: 'ends with its client, and the device serves the others',
  secondClient: 'stands a second client at the same time',
} as const;

/** The name of one of the five checks of a method. */
export function checkName(method: string, check: keyof typeof NAMES): string {
  return `${method}: ${NAMES[check]}`;
}

/** The device, or what is between it and us, is to blame; or it is in no state to answer. */
export function isDeviceFault(error: unknown): boolean {
  return isDutError(error) && (error.fault === 'device' || error.fault === 'lab' || error.code === 'state');
}

async function succeeds<C, S extends Specimen<C>, A>(
  probe: MethodProbe<C, S, A>,
  specimen: S,
): Promise<void> {
  await probe.prepare?.(specimen);
  const answer = await probe.call(specimen.calls);
  await probe.expect?.(answer, specimen);
}

async function refusesWrongArguments<C, S extends Specimen<C>, A>(
  probe: MethodProbe<C, S, A>,
  specimen: S,
): Promise<void> {
  await probe.prepare?.(specimen);
  for (const args of probe.wrong ?? (probe.kind === 'channel' ? [] : [['one too many']])) {
    const error = await rejection(callUnchecked(specimen.unchecked, probe, args));
    expect(error, `the answer to ${JSON.stringify(args)}`).toMatchObject({ code: 'config', fault: 'caller' });
  }
  await succeeds(probe, specimen);
}

async function callUnchecked(
  unchecked: Unchecked,
  { method, kind = 'call' }: { readonly method: string; readonly kind?: 'call' | 'stream' | 'channel' },
  args: readonly unknown[],
): Promise<unknown> {
  const name = wireName(method);
  if (kind === 'call') return unchecked.call(name, args);
  if (kind === 'stream') return Array.fromAsync(unchecked.stream(name, args));
  await using channel = await unchecked.open(name, args[0] as object); // SAFE: the suites give objects
  return Array.fromAsync(channel);
}

async function endsWithTheDevice<C, S extends Specimen<C>, A>(
  probe: MethodProbe<C, S, A>,
  specimen: S,
): Promise<void> {
  await probe.prepare?.(specimen);
  if (probe.open) {
    await using channel = await probe.open(specimen.calls);
    const reading = rejection(Array.fromAsync(channel));
    await specimen.breakDevice();
    expect(await reading, 'what an open stream ends with').toSatisfy(isDeviceFault);
    return;
  }
  const stall = specimen.stall?.(probe.method);
  const call = settled(probe.call(specimen.calls));
  await stall?.reached;
  await specimen.breakDevice();
  const [outcome] = await call;
  // A call that nothing holds up may have been answered before.
  if (outcome.status === 'fulfilled') expect(stall, 'a call at a device that is gone').toBeUndefined();
  else expect(outcome.reason).toSatisfy(isDeviceFault);
}

async function endsWithItsClient<C, S extends Specimen<C>, A>(
  probe: MethodProbe<C, S, A>,
  specimen: S,
): Promise<void> {
  await probe.prepare?.(specimen);
  const other = await specimen.secondClient();
  const stall = specimen.stall?.(probe.method);
  const call = settled(probe.call(other.calls));
  await stall?.reached;
  await other[Symbol.asyncDispose]();
  const [outcome] = await call;
  if (stall) expect(outcome.status, 'the call of a client that has left').toBe('rejected');
  await (stall?.over ?? specimen.settle?.());
  await succeeds(probe, specimen);
}

async function standsASecondClient<C, S extends Specimen<C>, A>(
  probe: MethodProbe<C, S, A>,
  specimen: S,
): Promise<void> {
  await probe.prepare?.(specimen);
  await using other = await specimen.secondClient();
  const stall = specimen.stall?.(probe.method);
  const first = settled(probe.call(specimen.calls));
  await stall?.reached;
  const second = await settled(probe.call(other.calls));
  stall?.release();
  const outcomes = [...(await first), ...second];
  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
  const [refusal] = refusals;
  if (refusal && probe.together === 'shared') throw refusal;
  for (const reason of refusals) expect(reason).toMatchObject({ code: 'busy' });
  const statuses = outcomes.map(({ status }) => status);
  expect(statuses).toContain('fulfilled');
  if (stall && probe.together === 'busy') expect(statuses).toEqual(['fulfilled', 'rejected']);
}

const settled = <T>(promise: Promise<T>) => Promise.allSettled([promise]);

/** What `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const [outcome] = await settled(promise);
  if (outcome.status === 'fulfilled') expect.fail(`succeeded with ${JSON.stringify(outcome.value)}`);
  return outcome.reason;
}
