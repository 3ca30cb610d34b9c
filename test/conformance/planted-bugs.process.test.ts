import { describe, expect, it } from 'vitest';
import type { Interface } from '../../src/interfaces/index.ts';
import { fakeSuites } from './fake-suites.ts';
import { checkName } from './method-checks.ts';
import { type Bug, clumsy, haunted, idle, silent, withBug, withLooseArguments } from './tamper.ts';

/** How long a check may take before it has failed: some bugs show only as a call that never ends. */
const PATIENCE = '3s';

/** Bugs, and which of the five checks of the method is there to find each. */
const BUGS: readonly {
  readonly what: string;
  readonly bug: Bug;
  readonly foundBy: Parameters<typeof checkName>[1];
}[] = [
  { what: 'does not tell that the device is gone', bug: silent, foundBy: 'deviceGone' },
  { what: 'stays occupied by a client that has left', bug: haunted, foundBy: 'clientGone' },
  { what: 'falls over when two call at a time', bug: clumsy, foundBy: 'secondClient' },
];

const methodsOf = ({ methods }: Interface) => Object.keys(methods);
const takesValues = ({ methods }: Interface, name: string) => {
  const method = methods[name];
  return method?.kind === 'channel'
    ? method.options !== undefined
    : method?.args.some(({ kind }) => kind === 'value');
};

describe.each(fakeSuites.map((suite) => ({ ...suite, id: suite.contract.id })))(
  'the conformance suite of $id',
  ({ contract, failing }) => {
    it.each(BUGS)('finds a method that $what', async ({ bug, foundBy }) => {
      const missed = await Promise.all(
        methodsOf(contract).map(async (method) => {
          const name = checkName(method, foundBy);
          const found = await failing(
            (driver) => withBug(driver, method, bug),
            PATIENCE,
            (each) => each === name,
          );
          return found.length > 0 ? [] : [name];
        }),
      );
      expect(missed.flat(), 'checks that should have failed').toEqual([]);
    });

    it('finds a method that does nothing and says it did', async () => {
      const missed = await Promise.all(
        methodsOf(contract).map(async (method) => {
          const found = await failing((driver) => withBug(driver, method, idle), PATIENCE);
          return found.length > 0 ? [] : [method];
        }),
      );
      expect(missed.flat(), 'methods that may do nothing').toEqual([]);
    });

    it('finds arguments that are not checked', async () => {
      const missed = await Promise.all(
        methodsOf(contract)
          .filter((method) => takesValues(contract, method))
          .map(async (method) => {
            const name = checkName(method, 'wrongArgument');
            const found = await failing(withLooseArguments, PATIENCE, (each) => each === name);
            return found.length > 0 ? [] : [name];
          }),
      );
      expect(missed.flat(), 'checks that should have failed').toEqual([]);
    });
  },
);
