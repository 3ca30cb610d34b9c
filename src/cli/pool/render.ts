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

/** Shows a line in place of the one before on a terminal, and below it in a pipe. */
export function createLiveLine(stream: NodeJS.WriteStream): (line: string) => void {
  let last = '';
  return (line) => {
    if (line === last) return;
    last = line;
    // A line that is too long would not be replaced.
    stream.write(stream.isTTY ? `\r\x1b[K${line.slice(0, Math.max(0, stream.columns - 1))}` : `${line}\n`);
  };
}
