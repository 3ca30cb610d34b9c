/** Machines that all workers of a run share: `globalSetup: 'jumplead/vitest/setup'`. */
import type { TestProject } from 'vitest/node';
import { startKeeper } from './keeper/start.ts';
import { letPeopleLook } from './let-people-look.ts';

/** Starts the process that keeps them; what is returned ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { vitest } = project;
  const say = (line: string) => vitest.logger.log(line);
  const keeper = await startKeeper({ say });
  project.provide('jumplead', keeper.socket);
  project.onTestsRerun(() => keeper.nextRun());
  return async () => {
    // Where tests are watched, whoever ends that has seen enough.
    if (!vitest.config.watch) await letPeopleLook(await keeper.kept(), say);
    await keeper.close();
  };
}
