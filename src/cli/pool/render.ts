import type { PoolInfo } from '../../interfaces/index.ts';

/** How a pool is, in one line. */
export function describePool(machine: string, info: PoolInfo): string {
  const { min, max, ready, claimed, opening, waiting, given, broken, refused, failed } = info;
  const facts = [
    `${ready} of ${min} ready`,
    `${claimed} claimed`,
    `${max} at most`,
    ...(opening > 0 ? [`${opening} on the way`] : []),
    ...(waiting > 0 ? [`${waiting} claims wait`] : []),
    ...(given > 0 ? [`${given} given so far`] : []),
    ...(broken > 0 ? [`${broken} broken`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(failed > 0 ? [`${failed} with a bug of the kernel`] : []),
  ];
  return [`pool ${machine || info.from}: ${facts.join(', ')}`, ...remarksOn(info)].join('; ');
}

/** What is wrong with a pool. */
export function remarksOn({ problem, doubt }: Pick<PoolInfo, 'problem' | 'doubt'>): string[] {
  const advice =
    doubt === null ? null : `what they are forked from may have that bug (${doubt}): make it anew`;
  return [problem, advice].flatMap((remark) => (remark === null ? [] : [remark]));
}

/** A line that changes: it is shown in place of the one before on a terminal, and below it in a pipe. */
export interface LiveLine {
  readonly show: (line: string) => void;
  /** Writes whole lines of something else, above it on a terminal. */
  readonly above: (text: string) => void;
}

export function createLiveLine(stream: NodeJS.WriteStream): LiveLine {
  let last = '';
  // A line that is too long would not be replaced.
  const draw = () => `\r\x1b[K${last.slice(0, Math.max(0, stream.columns - 1))}`;
  return {
    show: (line) => {
      if (line === last) return;
      last = line;
      stream.write(stream.isTTY ? draw() : `${line}\n`);
    },
    above: (text) => void stream.write(stream.isTTY && last !== '' ? `\r\x1b[K${text}${draw()}` : text),
  };
}
