import { spawn } from 'node:child_process';

/** Why the set-up ended early; its message is for the user, and nothing more is. */
export class SetupError extends Error {}

/** The exit code of a program that was ended by SIGINT, as shells have it. */
export const INTERRUPTED = 130;

/**
 * Runs a program on our terminal, to its end. @throws SetupError with `exitCode` when it was interrupted.
 *
 * Ctrl-C reaches the program and us alike; we let the program clean up first.
 *
 * @param {readonly string[]} argv
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function run([file = '', ...args], options = {}) {
  let interrupted = false;
  const onInterrupt = () => {
    interrupted = true;
  };
  process.on('SIGINT', onInterrupt);
  try {
    const child = spawn(file, args, { stdio: ['inherit', 'inherit', 'inherit'], ...options });
    /** @type {number | null} */
    const code = await new Promise((resolve) => {
      child.on('error', () => resolve(null));
      child.on('close', resolve);
    });
    if (interrupted || code === INTERRUPTED) throw new SetupError('interrupted');
    return code === 0;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
