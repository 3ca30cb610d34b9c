import { defineConfig } from '@playwright/test';

export default defineConfig({
  testMatch: process.env['SPECS'] ?? '*.spec.ts',
  globalSetup: '../../../../src/testing/playwright-setup.ts',
  workers: 2,
  timeout: 60_000,
  use: { launchOptions: { executablePath: process.env['CHROMIUM'] ?? '', args: ['--no-sandbox'] } },
  outputDir: process.env['OUTPUT'] ?? 'test-results',
  reporter: [['list'], ['json', { outputFile: `${process.env['OUTPUT'] ?? 'test-results'}.json` }]],
});
