import { findProgram, quoteWord, runTool } from '../../core/index.ts';

/** A program with its arguments and its environment. */
export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** As {@link Invocation}; `within`: the program starts the one that is wanted, as the leader of a session of its own. */
export interface Wrapped extends Invocation {
  readonly within: boolean;
}

/**
 * `invocation` on a terminal of its own, so that what it prints comes line by line; as it is where the host has no
 * `script` of util-linux. What runs there dies with `script`.
 */
export async function onTerminal(invocation: Invocation): Promise<Wrapped> {
  const script = await findScript();
  if (script === undefined) return { ...invocation, within: false };
  const { program, args, env } = invocation;
  const setpriv = await findProgram(['setpriv']);
  const leash = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--'];
  const shell = env['SHELL'];
  const line = [
    // `script` has its command run by $SHELL, whatever that understands.
    shell === undefined ? 'unset SHELL' : `SHELL=${quoteWord(shell)}`,
    `exec ${[...leash, program, ...args].map(quoteWord).join(' ')}`,
  ].join('; ');
  return {
    program: script,
    args: ['-qec', line, '/dev/null'],
    env: { ...env, SHELL: '/bin/sh' },
    within: true,
  };
}

/** The path of util-linux's `script`; those of other systems take other arguments. */
async function findScript(): Promise<string | undefined> {
  const script = await findProgram(['script']);
  if (script === undefined) return undefined;
  const version = await runTool(script, ['--version']).catch(() => undefined);
  return version?.stdout.includes('util-linux') ? script : undefined;
}
