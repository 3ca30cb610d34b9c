import { describe, expect, it } from 'vitest';
import type { Interface } from '../../src/interfaces/index.ts';
import { fakeSuites, type Tamper } from './fake-suites.ts';
import { checkName } from './method-checks.ts';
import { type Bug, clumsy, haunted, idle, obliging, silent, withBug, withLooseArguments } from './tamper.ts';

/** How long a check may take before it has failed: some bugs show only as a call that never ends. */
const PATIENCE = '1s';

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
  if (method?.kind === 'channel') return method.options !== undefined;
  return method?.args.some(({ kind }) => kind === 'value') ?? false;
};

/** Those of `methods` whose bug was not found. */
async function missed(methods: string[], finds: (method: string) => Promise<boolean>): Promise<string[]> {
  const found = await Promise.all(methods.map(finds));
  return methods.filter((_, index) => !found[index]);
}

describe.concurrent.each(fakeSuites.map((suite) => ({ ...suite, id: suite.contract.id })))(
  'the conformance suite of $id',
  ({ contract, finds }) => {
    it.each(BUGS)('finds a method that $what', async ({ bug, foundBy }) => {
      const unfound = await missed(methodsOf(contract), (method) => {
        const itsCheck = (name: string) => name === checkName(method, foundBy);
        return finds((driver) => withBug(driver, method, bug), PATIENCE, itsCheck);
      });
      expect(unfound).toEqual([]);
    });

    it('finds a method that does nothing and says it did', async () => {
      const unfound = await missed(methodsOf(contract), (method) =>
        finds((driver) => withBug(driver, method, idle), PATIENCE),
      );
      expect(unfound).toEqual([]);
    });

    it('finds a method that takes whatever it is given', async () => {
      const methods = methodsOf(contract).filter((method) => takesValues(contract, method));
      const unfound = await missed(methods, (method) => {
        const itsCheck = (name: string) => name === checkName(method, 'wrongArgument');
        const credulous: Tamper = (driver) => withBug(withLooseArguments(driver), method, obliging);
        return finds(credulous, PATIENCE, itsCheck);
      });
      expect(unfound).toEqual([]);
    });
  },
);
