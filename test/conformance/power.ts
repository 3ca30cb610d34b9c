import { expect } from 'vitest';
import type { Client, MeteredPower, Power } from '../../src/interfaces/index.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

/** A switch of which the test can see whether it is on. */
export interface PowerSpecimen<C = Client<typeof Power>> extends Specimen<C> {
  isOn(): boolean | Promise<boolean>;
}

type Switch = Pick<Client<typeof Power>, 'on' | 'off'>;

const method = methodChecksOf<Switch, PowerSpecimen<Switch>>();

/** What every driver of `power.v1` must do. */
export const powerChecks: readonly Check<PowerSpecimen<Switch>>[] = [
  ...method({
    method: 'on',
    prepare: ({ calls }) => calls.off(),
    call: (calls, options) => calls.on(options),
    expect: async (answer, specimen) => {
      expect(answer).toBe(null);
      expect(await specimen.isOn()).toBe(true);
    },
    together: 'shared',
  }),
  ...method({
    method: 'off',
    prepare: ({ calls }) => calls.on(),
    call: (calls, options) => calls.off(options),
    expect: async (answer, specimen) => {
      expect(answer).toBe(null);
      expect(await specimen.isOn()).toBe(false);
    },
    together: 'shared',
  }),
  {
    name: 'on of a device that is on, and off of one that is off, do nothing',
    run: async (specimen) => {
      await specimen.calls.on();
      await specimen.calls.on();
      expect(await specimen.isOn()).toBe(true);
      await specimen.calls.off();
      await specimen.calls.off();
      expect(await specimen.isOn()).toBe(false);
    },
  },
];

type Metered = Client<typeof MeteredPower>;

/** What every driver of `metered-power.v1` must do. */
export const meteredPowerChecks: readonly Check<PowerSpecimen<Metered>>[] = [
  ...powerChecks,
  ...methodChecksOf<Metered, PowerSpecimen<Metered>>()({
    method: 'read',
    kind: 'stream',
    prepare: ({ calls }) => calls.on(),
    call: async (calls, options) => {
      for await (const reading of calls.read(options)) return reading;
      return undefined;
    },
    expect: (reading) => {
      expect(reading).toEqual({ voltage: expect.any(Number), current: expect.any(Number) });
    },
    together: 'shared',
  }),
];

export const describePower = (title: string, open: OpenSpecimen<PowerSpecimen<Switch>>) =>
  describeChecks(title, powerChecks, open);

export const describeMeteredPower = (title: string, open: OpenSpecimen<PowerSpecimen<Metered>>) =>
  describeChecks(title, meteredPowerChecks, open);
