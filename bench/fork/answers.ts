import { atLeast, atMost, type Figure } from './figure.ts';
import type { Guest } from './guest.ts';

/** How long machines took from the call to the output of a command that was typed, and how much longer a cold boot takes. */
export function answerFigures(
  what: string,
  samples: readonly Readonly<Record<string, number>>[],
  { cold, isMeasured }: Pick<Guest, 'cold' | 'isMeasured'>,
): Figure[] {
  const values = samples.flatMap(({ answered }) => answered ?? []);
  return [
    {
      what: `${what}: call to output of \`uname -r\` on the console`,
      unit: 'ms',
      values,
      ...(isMeasured && { goal: atMost(300, '300 ms') }),
    },
    {
      what: `${what}: times as fast as the cold boot, to that output`,
      unit: 'times',
      values: values.map((value) => (cold * 1_000) / value),
      ...(isMeasured && { goal: atLeast(300, '300 times') }),
    },
  ];
}
