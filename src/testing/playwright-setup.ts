/** Machines that all workers of a run share: `globalSetup: 'jumplead/playwright/setup'`. */
import { startKeeper } from './keeper/start.ts';
import { letPeopleLook } from './let-people-look.ts';
import { KEEPER_VARIABLE } from './playwright-keeper.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Starts the process that keeps them; what is returned ends it. */
// biome-ignore lint/style/noDefaultExport: Playwright wants it so
export default async function setUp(): Promise<() => Promise<void>> {
  const keeper = await startKeeper({ say });
  process.env[KEEPER_VARIABLE] = keeper.socket;
  return async () => {
    await letPeopleLook(await keeper.kept(), say);
    await keeper.close();
  };
}
