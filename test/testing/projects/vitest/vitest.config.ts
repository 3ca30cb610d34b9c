import { defineConfig } from 'vitest/config';
import { alias } from '../../../../vitest.config.ts';

export default defineConfig({
  resolve: { alias },
  test: {
    include: [process.env['SPECS'] ?? '*.spec.ts'],
    globalSetup: '../../../../src/testing/vitest-setup.ts',
    maxWorkers: 2,
    testTimeout: 60_000,
    teardownTimeout: Number(process.env['TEARDOWN'] ?? 10_000),
  },
});
