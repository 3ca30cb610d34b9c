import {
  type Duration,
  findProgram,
  formatSize,
  LaunchError,
  parseDuration,
  parseSize,
  runTool,
} from '../../../core/index.ts';

/** What one run of qemu-img may use. */
export interface Limits {
  /** Of its address space, in bytes. */
  readonly memory: number;
  /** Of the CPU, and of the clock. */
  readonly time: Duration;
}

/** For what reads or writes tables only: enough for those of the largest disks. */
export const BRIEF: Limits = { memory: parseSize('1GiB'), time: '2m' };
/** For what copies a disk: its threads set aside 0.8 GiB of addresses on two cores, more on many. */
export const LONG: Limits = { memory: parseSize('4GiB'), time: '1h' };

export interface QemuImgOptions {
  readonly signal: AbortSignal;
  readonly limits?: Limits;
  /** What it is started through, such as what makes it run as another user. */
  readonly through?: readonly string[];
}

const HINT = 'install qemu-utils (Debian, Ubuntu) or qemu-img (Fedora)';

/**
 * Runs qemu-img, which may be reading what a stranger has made, and returns what it says. Its limits are the kernel's where
 * the host has prlimit (util-linux); the clock is watched everywhere.
 *
 * @throws LaunchError when it is missing, fails, or reaches a limit; the signal's reason when that aborts.
 */
export async function qemuImg(
  args: readonly [command: string, ...rest: string[]],
  { signal, limits = BRIEF, through = [] }: QemuImgOptions,
): Promise<string> {
  const late = AbortSignal.timeout(parseDuration(limits.time));
  try {
    const { stdout } = await runTool('qemu-img', args, {
      signal: AbortSignal.any([signal, late]),
      hint: HINT,
      through: [...through, ...(await limited(limits))],
    });
    return stdout;
  } catch (error) {
    signal.throwIfAborted();
    const stopped = late.aborted || (error instanceof LaunchError && error.signal !== null);
    throw stopped ? beyond(args, limits, error) : error;
  }
}

async function limited({ memory, time }: Limits): Promise<string[]> {
  const prlimit = await findProgram(['prlimit']);
  // Without qemu-img it is not prlimit that is to say so.
  if (!prlimit || !(await findProgram(['qemu-img']))) return [];
  const seconds = Math.ceil(parseDuration(time) / 1_000);
  return [prlimit, `--as=${memory}`, `--cpu=${seconds}`, '--core=0', '--'];
}

function beyond(args: readonly string[], { memory, time }: Limits, cause: unknown): LaunchError {
  const allowed = `it may use ${formatSize(memory)} of memory, and ${time}`;
  const from = cause instanceof LaunchError ? cause : undefined;
  return new LaunchError(
    `qemu-img ${args[0]} was ended: ${allowed}`,
    {
      command: from?.command ?? ['qemu-img', ...args].join(' '),
      exitCode: null,
      signal: from?.signal ?? 'SIGTERM',
      stderr: [from?.stderr.trim(), allowed].filter(Boolean).join('\n'),
    },
    { cause },
  );
}
