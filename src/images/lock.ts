import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LaunchError } from '../core/index.ts';

/**
 * Waits until nobody else on this host holds `path`, and holds it until disposed of. The kernel frees it when this
 * process dies, however that happens. The file itself stays.
 *
 * @throws LaunchError when `flock` (package util-linux) cannot be run; the signal's reason when that aborts.
 */
export async function acquireLock(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<AsyncDisposable> {
  const { signal } = options;
  signal?.throwIfAborted();
  await mkdir(dirname(path), { recursive: true });
  // `cat` ends when its input does, and that ends with us.
  const holder = spawn('flock', [path, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // A Ctrl-C at the terminal is for us: the lock lasts until we have cleaned up.
    detached: true,
  });
  holder.stdin.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    holder.once('error', (error) => resolve(error.message));
    holder.once('close', (code) => resolve(`exited with ${code}`));
  });
  const release = async () => {
    holder.stdin.end();
    holder.kill();
    await ended;
  };
  try {
    const held = once(holder.stdout, 'data', signal ? { signal } : {});
    const lost = ended.then((reason) => Promise.reject(launchError(path, reason)));
    await Promise.race([held, lost]);
  } catch (error) {
    await release();
    signal?.throwIfAborted();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}

function launchError(path: string, reason: string): LaunchError {
  const hint = 'flock is in the package util-linux';
  return new LaunchError(`cannot lock ${path}: flock ${reason}\n${hint}`, {
    command: `flock ${path}`,
    exitCode: null,
    signal: null,
    stderr: '',
    hint,
  });
}
