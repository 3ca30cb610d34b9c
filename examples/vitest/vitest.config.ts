import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // One machine for all workers: it is booted once in a run.
    // #region shared
    globalSetup: 'jumplead/vitest/setup',
    // #endregion
    testTimeout: 60_000,
  },
});
