import { expect } from 'vitest';
import type { CallOptions, Client, Shell } from '../../src/interfaces/index.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Shell>;
/** A host with one script, `greet`: it says `hello ARGUMENT from WHO` and, on stderr, `bye`, and ends with 3. */
export type ShellSpecimen = Specimen<Calls>;

const method = methodChecksOf<Calls, ShellSpecimen>();

async function greet(calls: Calls, options?: CallOptions) {
  const outputs = await Array.fromAsync(calls.callMethod('greet', { WHO: 'the test' }, ['you'], options));
  return {
    stdout: outputs.map(([text]) => text).join(''),
    stderr: outputs.map(([, text]) => text).join(''),
    codes: outputs.map(([, , code]) => code),
  };
}

/** What every driver of `shell.v1` must do. */
export const shellChecks: readonly Check<ShellSpecimen>[] = [
  ...method({
    method: 'getMethods',
    call: (calls, options) => calls.getMethods(options),
    expect: (names) => expect(names).toEqual(['greet']),
    together: 'shared',
  }),
  ...method({
    method: 'callMethod',
    kind: 'stream',
    call: greet,
    expect: ({ stdout, stderr, codes }) => {
      expect(stdout).toBe('hello you from the test\n');
      expect(stderr).toBe('bye\n');
      // The last item, and no other, tells how it ended.
      expect([codes.at(-1), ...new Set(codes.slice(0, -1))]).toEqual([3, null]);
    },
    wrong: [
      [],
      ['nowhere'],
      ['__proto__'],
      ['greet', 'WHO=me'],
      ['greet', { WHO: 1 }],
      ['greet', { 'not a name': '' }],
      ['greet', { PATH: '/tmp' }],
      ['greet', { LD_PRELOAD: 'x.so' }],
      ['greet', {}, 42],
    ],
    together: 'shared',
  }),
  {
    name: 'what a caller must not set is told by its name',
    run: async ({ unchecked }) => {
      const outputs = Array.fromAsync(unchecked.stream('call_method', ['greet', { PATH: '/tmp' }]));
      expect(await rejection(outputs)).toMatchObject({
        message: expect.stringMatching(/env\.PATH: .*only the exporter sets it/),
      });
    },
  },
];

export const describeShell = (title: string, open: OpenSpecimen<ShellSpecimen>) =>
  describeChecks(title, shellChecks, open);
