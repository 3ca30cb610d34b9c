import { defineConfig } from '@playwright/test';

export default defineConfig({
  testMatch: process.env['SPECS'] ?? '*.spec.ts',
  globalSetup: '../../../../src/testing/playwright-setup.ts',
  workers: 2,
  timeout: 60_000,
  outputDir: process.env['OUTPUT'] ?? 'test-results',
  reporter: [['list'], ['json', { outputFile: `${process.env['OUTPUT'] ?? 'test-results'}.json` }]],
});
