import { defineConfig } from 'vitest/config';

/** The lanes, by file name; what each needs is in AGENTS.md. */
const lane = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/**/*.${name}.test.ts`], environment: 'node' as const, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      lane('unit'),
      lane('process', { testTimeout: 60_000, hookTimeout: 60_000 }),
      lane('interop', { testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false }),
      lane('acceptance', { testTimeout: 1_800_000, hookTimeout: 1_800_000, fileParallelism: false }),
    ],
  },
});
