import { formatSize } from '../../core/index.ts';
import { collectFlashed, findImagesInUse, verifyFlashed } from '../../drivers/qemu/index.ts';
import { collectImages, type ImageVerdict, verifyImages, type Waste } from '../../images/index.ts';
import { Unsuccessful } from '../exit-code.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { readOptionDuration } from '../option-duration.ts';
import { createSteps } from '../steps.ts';
import { alignColumns } from '../table.ts';

export interface VerifyOptions {
  readonly json?: boolean;
}

/** Reads images again. @throws Unsuccessful when one was damaged. */
export async function verify(names: readonly string[], { json }: VerifyOptions): Promise<void> {
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const verdicts: ImageVerdict[] = [];
  const tell = () =>
    process.stdout.write(json ? `${JSON.stringify(verdicts, null, 2)}\n` : describeVerdicts(verdicts));
  await createSteps(process.stderr)
    .run('verify', async ({ note }) => {
      const onProgress = ({ phase }: { phase: string }) => note(phase);
      const kept = verifyImages({ names, signal, onProgress });
      const flashed = names.length === 0 ? [verifyFlashed({ signal, onProgress })] : [];
      for (const some of [kept, ...flashed]) for await (const verdict of some) verdicts.push(verdict);
      const damaged = verdicts.filter(({ problem }) => problem !== null).length;
      const outcome = `${verdicts.length - damaged} as they were, ${damaged} damaged`;
      if (damaged > 0) throw new Unsuccessful(outcome);
      return { outcome, value: undefined };
    })
    .finally(tell);
}

function describeVerdicts(verdicts: readonly ImageVerdict[]): string {
  return verdicts
    .map(({ id, problem, aside, fix }) =>
      problem === null
        ? `✔ ${id}\n`
        : `${[
            `✘ ${id}: ${problem}`,
            ...(aside ? [`    put aside: ${aside}; jumplead images gc removes it`] : []),
            ...(fix ? [`    $ ${fix}`] : ['    it comes back when it is needed next']),
          ].join('\n')}\n`,
    )
    .join('');
}

export interface GcOptions {
  readonly olderThan: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Removes what nobody needs, and says how much room that made. */
export async function collect({ olderThan, dryRun = false, json }: GcOptions): Promise<void> {
  const unusedFor = readOptionDuration('--older-than', olderThan);
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const waste = [
    ...(await collectImages({ findInUse: findImagesInUse, dryRun, signal })),
    ...(await collectFlashed({ unusedFor, dryRun, signal })),
  ];
  const bytes = waste.reduce((sum, one) => sum + one.bytes, 0);
  if (json) process.stdout.write(`${JSON.stringify({ dryRun, bytes, removed: waste }, null, 2)}\n`);
  else if (waste.length === 0) process.stdout.write('nothing to remove\n');
  else
    process.stdout.write(
      `${alignColumns(waste.map(describeWaste), { right: [1] })}${summary(bytes, dryRun)}\n`,
    );
}

const describeWaste = ({ name, bytes, reason }: Waste) => [name, formatSize(bytes), reason];

const summary = (bytes: number, dryRun: boolean) =>
  `${formatSize(bytes)} ${dryRun ? 'would be freed' : 'freed'}`;
