import { defineConfig } from 'vitest/config';
// A project of your own has installed jumplead, and leaves `resolve` out.
import { alias } from '../../vitest.config.ts';

export default defineConfig({
  resolve: { alias },
  // The first test of a worker boots the machine.
  test: { include: ['*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
});
