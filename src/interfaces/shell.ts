import { z } from 'zod';
import { arg, call, defineInterface, rest, stream } from './contract.ts';

/** What a script has printed on stdout and on stderr, and, as the last of all, its exit code. */
export const ShellOutput = z.tuple([z.string(), z.string(), z.int().nullable()]);
export type ShellOutput = z.output<typeof ShellOutput>;

/** What a caller must not set: a script would run other programs, libraries or start-up files than its author meant. */
const GUARDED = /^(PATH|PYTHONPATH|BASH_ENV|ENV|KUBECONFIG|HOME|LD_.*|BASH_FUNC_.*)$/;

/** Variables of the environment by their names. */
export const ShellEnvironment = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'allowed: letters, digits and _')
    .refine((name) => !GUARDED.test(name), 'only the exporter sets it: it decides what a script runs'),
  z.string(),
);

/** The exit code that stands for a script that has been stopped because its time was up. */
export const TIME_WAS_UP = 199;

/**
 * Scripts of the exporter's host, which its configuration names.
 *
 * A script ends with its caller, and at its time limit. Names of the environment are identifiers; those by which a script
 * would run other programs than its author meant are refused (`PATH`, `HOME`, `LD_...`). A script that a signal has ended
 * has the exit code 128 and the number of that signal.
 */
export const Shell = defineInterface(
  'shell.v1',
  { pythonClient: 'jumpstarter_driver_shell.client.ShellClient', category: 'shell' },
  {
    getMethods: call('The names of the scripts', { returns: z.array(z.string()), idempotent: true }),
    callMethod: stream('Run a script; its output as it comes, its exit code in the end', {
      args: [arg('method', z.string()), arg('env', ShellEnvironment.nullish()), rest('args', z.string())],
      returns: ShellOutput,
    }),
  },
);
