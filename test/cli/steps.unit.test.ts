import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createSteps, progressBar, progressText } from '../../src/cli/steps.ts';

test('steps are plain lines in a pipe, and are recorded with their times', async () => {
  const pipe = new PassThrough();
  let clock = 0;
  const steps = createSteps(pipe as unknown as NodeJS.WriteStream, () => clock);
  await steps.run('flash', async ({ onProgress }) => {
    for (const bytes of [0, 50, 100]) onProgress({ phase: 'copy', bytes, total: 100, rate: 0 });
    clock += 1_500;
    return { outcome: 'whole', value: 1 };
  });
  await expect(
    steps.run('boot', async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(String(pipe.read())).toMatchInlineSnapshot(`
    "  flash: copy
    ✔ flash                      1.5 s  whole
    ✘ boot                      0.00 s  failed
    "
  `);
  expect(steps.records).toEqual([{ name: 'flash', start: 0, duration: 1_500, outcome: 'whole' }]);
});

test.each([
  [['packages', 0, null, 0], 'packages'],
  [['download', 2 ** 20, 4 * 2 ** 20, 2 ** 20], 'download 1.0 MiB of 4.0 MiB, 25%, 1.0 MiB/s'],
  [['copy', 2 ** 20, null, 0], 'copy 1.0 MiB'],
] as const)('%j is shown as %s', ([phase, bytes, total, rate], text) => {
  expect(progressText(phase, bytes, total, rate)).toBe(text);
});

test('a part of a whole is a bar', () => {
  expect([0, 0.5, 1].map(progressBar)).toEqual([
    '░'.repeat(20),
    '█'.repeat(10) + '░'.repeat(10),
    '█'.repeat(20),
  ]);
});
