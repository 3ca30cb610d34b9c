import { stat } from 'node:fs/promises';
import { findProgram, type Log } from '../../core/index.ts';
import type { Hook } from './hook.ts';
import { fileInScript, type HookSituation, hookEnvironment, planHook } from './plan-hook.ts';
import { runProgram } from './run-program.ts';

export interface RunHookOptions {
  /** Gives the hook up. */
  readonly signal: AbortSignal;
  /** Gets each line that the hook prints. */
  readonly log: Log;
  readonly situation: HookSituation;
  /** What the environment of the hook is made of. */
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a hook to its end. Resolves to what went wrong, `undefined` when nothing did. @throws the reason of the signal */
export async function runHook(hook: Hook, options: RunHookOptions): Promise<string | undefined> {
  if (hook.script.trim() === '') return undefined;
  const { signal, log } = options;
  const named = fileInScript(hook.script);
  const { interpreters, args } = planHook(hook, (await isFile(named)) ? named : undefined);
  const env = hookEnvironment(options.env, options.situation);
  const program = await findProgram(interpreters, env);
  if (program === undefined) return `Error executing hook: ${interpreters.join(' or ')} is not installed`;
  const onLine = (line: string) => log.info(line);
  return await runProgram({ program, args, env }, { timeout: hook.timeout, signal, onLine });
}

const isFile = async (path: string | undefined) =>
  path !== undefined &&
  (await stat(path).then(
    (found) => found.isFile(),
    () => false,
  ));
