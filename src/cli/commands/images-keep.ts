import { formatSize } from '../../core/index.ts';
import { collectFlashed, findImagesInUse, verifyFlashed } from '../../drivers/qemu/index.ts';
import { collectImages, type ImageVerdict, verifyImages, type Waste } from '../../images/index.ts';
import { Unsuccessful } from '../exit-code.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { readOptionDuration } from '../option-duration.ts';
import { createSteps } from '../steps.ts';
import { type GcOptions, tellRemoved } from './tell-removed.ts';

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

/** Removes what nobody needs, and says how much room that made. */
export async function collect(options: GcOptions): Promise<void> {
  const { olderThan, dryRun } = options;
  const unusedFor = readOptionDuration('--older-than', olderThan);
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const waste = [
    ...(await collectImages({ findInUse: findImagesInUse, dryRun, signal })),
    ...(await collectFlashed({ unusedFor, dryRun, signal })),
  ];
  tellRemoved(waste, options, { row: describeWaste, size: 1 });
}

const describeWaste = ({ name, bytes, reason }: Waste) => [name, formatSize(bytes), reason];
