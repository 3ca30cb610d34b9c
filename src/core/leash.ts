/** Set in the environment of what is started on a leash. */
export const LEASHED: Readonly<Record<string, string>> = { JUMPLEAD_PID: String(process.pid) };

export interface LeashOptions {
  /** Whom the program runs as: arguments of setpriv. */
  readonly identity?: readonly string[];
  /** What the files that the program makes are not to allow, such as `077`. */
  readonly umask?: string;
}

/**
 * What a program is started through so that it ends when this process does, however that ends: `[...leash, program, ...args]`,
 * with {@link LEASHED} in its environment. The kernel kills it when the thread that started it ends; a process of ours that
 * was killed before the kernel had been asked for that is noticed by the shell, which then starts nothing.
 *
 * @param setpriv The path of that program; where there is none, there is no leash.
 */
export function leash(setpriv: string | null | undefined, options: LeashOptions = {}): string[] {
  if (!setpriv) return [];
  const { identity = [], umask } = options;
  const script = [
    ...(umask === undefined ? [] : [`umask ${umask}`]),
    // By hand, without that variable, anybody may be the parent.
    `[ "$PPID" = "\${JUMPLEAD_PID-$PPID}" ] && exec "$@"`,
  ].join('; ');
  return [setpriv, ...identity, '--pdeathsig', 'KILL', '--', '/bin/sh', '-c', script, 'sh'];
}
