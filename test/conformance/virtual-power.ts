import { expect } from 'vitest';
import type { Client, VirtualPower } from '../../src/interfaces/index.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof VirtualPower>;
export type VirtualPowerSpecimen = Specimen<Calls>;

const method = methodChecksOf<Calls>();
const forced = { mode: 'forced' } as const;
const WRONG_OFF = [[{ mode: 'gently' }], [{ deadline: 'soon' }], [forced, 'one too many']];

const switchOff = ({ calls }: VirtualPowerSpecimen) => calls.off(forced);
const switchOn = ({ calls }: VirtualPowerSpecimen) => calls.on();
const pause = async ({ calls }: VirtualPowerSpecimen) => {
  await calls.on();
  await calls.pause();
};
const inState =
  (state: string) =>
  async (_: unknown, { calls }: VirtualPowerSpecimen) => {
    expect(await calls.state()).toBe(state);
  };

/** What every driver of `virtual-power.v1` must do. */
export const virtualPowerChecks: readonly Check<VirtualPowerSpecimen>[] = [
  ...method({
    method: 'on',
    prepare: switchOff,
    call: (calls, options) => calls.on(options),
    expect: async (answer, specimen) => {
      expect(answer).toBe('cold');
      await inState('running')(answer, specimen);
    },
    together: 'busy',
  }),
  ...method({
    method: 'off',
    prepare: switchOn,
    // Asking, so that it can be refused: a forced one never is.
    call: (calls, options) => calls.off({ mode: 'graceful', deadline: '2m' }, options),
    expect: async (answer, specimen) => {
      expect(['graceful', 'forced']).toContain(answer);
      await inState('off')(answer, specimen);
    },
    wrong: WRONG_OFF,
    together: 'busy',
  }),
  ...method({
    method: 'cycle',
    prepare: switchOn,
    call: (calls, options) => calls.cycle({ mode: 'graceful', deadline: '2m' }, options),
    expect: inState('running'),
    wrong: WRONG_OFF,
    together: 'busy',
  }),
  ...method({
    method: 'reset',
    prepare: switchOn,
    call: (calls, options) => calls.reset(options),
    expect: inState('running'),
    together: 'busy',
  }),
  ...method({
    method: 'pause',
    prepare: switchOn,
    call: (calls, options) => calls.pause(options),
    expect: inState('paused'),
    together: 'busy',
  }),
  ...method({
    method: 'resume',
    prepare: pause,
    call: (calls, options) => calls.resume(options),
    expect: inState('running'),
    together: 'busy',
  }),
  ...method({
    method: 'state',
    prepare: switchOff,
    call: (calls, options) => calls.state(options),
    expect: (state) => expect(state).toBe('off'),
    together: 'shared',
  }),
  {
    name: 'on of a machine that is on does nothing; off of one that is off says so',
    run: async ({ calls }) => {
      await calls.on();
      expect(await calls.on()).toBe('already');
      expect(await calls.state()).toBe('running');
      expect(await calls.off(forced)).toBe('forced');
      expect(await calls.off()).toBe('already');
    },
  },
  {
    name: 'pause and reset need a machine that is on',
    run: async ({ calls }) => {
      await calls.off(forced);
      expect(await rejection(calls.pause())).toMatchObject({ code: 'state', state: 'off' });
      expect(await rejection(calls.reset())).toMatchObject({ code: 'state', state: 'off' });
    },
  },
  {
    name: 'a forced off pre-empts the call that is under way',
    run: async (specimen) => {
      const { calls } = specimen;
      await calls.on();
      const stall = specimen.stall?.('off');
      const graceful = rejection(calls.off({ mode: 'graceful', deadline: '1h' }));
      graceful.catch(() => undefined);
      await stall?.reached;
      await calls.off(forced);
      expect(await calls.state()).toBe('off');
      if (stall) expect(await graceful).toMatchObject({ code: 'state' });
    },
  },
];

export const describeVirtualPower = (title: string, open: OpenSpecimen<VirtualPowerSpecimen>) =>
  describeChecks(title, virtualPowerChecks, open);
