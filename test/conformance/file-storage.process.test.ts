import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { opendal } from '../../src/drivers/std/index.ts';
import { Storage } from '../../src/interfaces/index.ts';
import { describeChecks, passes } from './check.ts';
import { storageChecks } from './file-storage.ts';
import { checkName } from './method-checks.ts';
import { serveSpecimen } from './specimen.ts';
import { idle, obliging, withBug, withLooseArguments } from './tamper.ts';

/** A storage has no device that could go away. */
const checks = storageChecks.filter(({ name }) => !name.endsWith(checkName('', 'deviceGone').slice(2)));
const nothingToBreak = { breakDevice: () => undefined };

describeChecks('opendal', checks, async () => {
  const root = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  const specimen = await serveSpecimen(opendal({ scheme: 'fs', options: { root } }), nothingToBreak);
  const close = async () => {
    await specimen[Symbol.asyncDispose]();
    await rm(root, { recursive: true });
  };
  return { ...specimen, [Symbol.asyncDispose]: close };
});

describe('the conformance suite of storage.v1', () => {
  const methods = Object.keys(Storage.methods);
  /** Those of the methods whose bug passes their checks. */
  const missed = async (
    check: 'success' | 'wrongArgument',
    of: string[],
    tamper: typeof withLooseArguments,
  ) => {
    const found = await Promise.all(
      of.map(async (method) => {
        const [its] = checks.filter(({ name }) => name === checkName(method, check));
        const open = () => {
          const driver = opendal({ scheme: 'memory' });
          return serveSpecimen(
            withBug(tamper(driver), method, check === 'success' ? idle : obliging),
            nothingToBreak,
          );
        };
        return its && !(await passes(its, open, '2s'));
      }),
    );
    return of.filter((_, index) => !found[index]);
  };

  it('finds a method that does nothing and says it did', async () => {
    expect(await missed('success', methods, (driver) => driver)).toEqual([]);
  });

  it('finds a method that takes whatever it is given', async () => {
    const takesValues = methods.filter((name) =>
      Storage.methods[name as keyof typeof Storage.methods].args.some(({ kind }) => kind === 'value'),
    );
    expect(await missed('wrongArgument', takesValues, withLooseArguments)).toEqual([]);
  });
});
