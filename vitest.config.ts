import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

/** The public names of the package lead to the sources, so that a test imports what a user does. */
export const alias = Object.entries(manifest.exports).map(([name, { default: built }]) => ({
  find: new RegExp(`^jumplead${name.slice(1)}$`),
  replacement: new URL(built.replace('./dist/', './src/').replace(/\.js$/, '.ts'), import.meta.url).pathname,
}));

/** A lane: the tests of one file name. What each needs is in AGENTS.md. */
function lane(
  name: string,
  test: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration {
  return { resolve: { alias }, test: { name, include: [`test/**/*.${name}.test.ts`], ...test } };
}

/** One file at a time, after the lanes before it: guests and Python share two cores badly. */
function alone(groupOrder: number, minutes: number): TestProjectInlineConfiguration['test'] {
  const timeout = minutes * 60_000;
  return { fileParallelism: false, sequence: { groupOrder }, testTimeout: timeout, hookTimeout: timeout };
}

export default defineConfig({
  test: {
    projects: [
      // What is polled for comes, or the test has failed: how soon says nothing.
      lane('unit', { expect: { poll: { timeout: 4_000 } } }),
      // The longest took 39 s on one busy core.
      lane('process', { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 150_000 } } }),
      lane('interop', alone(1, 10)),
      lane('acceptance', alone(2, 30)),
      lane('aarch64', alone(3, 30)),
    ],
  },
});
