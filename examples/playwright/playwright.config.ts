import { defineConfig } from '@playwright/test';

export default defineConfig({
  // One machine for all workers: it is booted once in a run.
  // #region shared
  globalSetup: 'jumplead/playwright/setup',
  // #endregion
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  reporter: [['list'], ['json', { outputFile: 'report.json' }]],
  use: {
    // Debian's; leave this out where `npx playwright install chromium` has been run.
    launchOptions: { executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] },
  },
});
