// Started by `jumplead/vitest/setup` and `jumplead/playwright/setup`; no command for people.
import { start } from './start.js';

await start('jumplead test machines', 'testing/keeper/main');
