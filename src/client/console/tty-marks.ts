/** A message of the kernel: between its time stamp and its line end, which on a serial port is CR LF. */
export const KERNEL_MESSAGE = /\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? [^\n]*\r\n/g;

/** Words by which the answers of a shell are known among everything else that a console shows. */
export interface Marks {
  /** The shell command that prints `mark`, and `args` by `format`. The mark is typed in halves: no echo looks like it. */
  print(mark: string, format: string, ...args: readonly string[]): string;
  /** Finds a printed mark with what follows it, even if the kernel prints something into the middle of it. */
  pattern(mark: string, followedBy?: string): RegExp;
}

/** Marks that nothing else contains; `nonce` is eight letters or digits of chance. */
export function createMarks(nonce: string): Marks {
  const interruption = `(?:${KERNEL_MESSAGE.source})*`;
  return {
    print: (mark, format, ...args) =>
      `printf '%s%s${format}' ${['jl', `${nonce}${mark}`, ...args].join(' ')}`,
    pattern: (mark, followedBy = '') => new RegExp([...`jl${nonce}${mark}`, followedBy].join(interruption)),
  };
}
