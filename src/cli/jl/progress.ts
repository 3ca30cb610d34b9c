import type { OnProgress } from '../../core/index.ts';
import { createSteps } from '../steps.ts';

/** Does something that takes long, and shows on stderr how far it is: stdout is for data. */
export async function withProgress(
  name: string,
  act: (onProgress: OnProgress) => Promise<unknown>,
): Promise<void> {
  await createSteps(process.stderr).run(name, async ({ onProgress }) => {
    await act(onProgress);
    return { outcome: 'done', value: undefined };
  });
}
