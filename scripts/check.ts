/** `npm run check`: everything that can be said without starting a device. All checks are made, whatever fails. */
import { join } from 'node:path';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '..');

const CHECKS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  types: ['tsc', '-p', 'tsconfig.json'],
  'types of the page': ['tsc', '-p', 'src/web/ui/tsconfig.json', '--noEmit'],
  'lint and format': ['biome', 'check', '.'],
  rooms: ['node', 'scripts/check-rooms.ts'],
  interfaces: ['node', 'scripts/gen-interfaces.ts'],
  docs: ['node', 'scripts/check-docs.ts'],
  'unit tests': ['vitest', 'run', '--project', 'unit'],
  package: ['node', 'scripts/check-package.ts'],
};

/** How many of a number of tests or checks went which way. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Makes every check, one after the other; the output of those that fail is shown. */
export async function runChecks(signal?: AbortSignal): Promise<Tally> {
  const tally = { passed: 0, failed: 0 };
  for (const [name, [file, ...args]] of Object.entries(CHECKS)) {
    const { failed, all, durationMs } = await execa(file, args, {
      cwd: ROOT,
      preferLocal: true,
      all: true,
      reject: false,
      ...(signal && { cancelSignal: signal }),
    });
    if (failed) console.log(`${all}\n`);
    console.log(`${failed ? 'FAILED' : 'ok    '} ${name.padEnd(20)} ${(durationMs / 1_000).toFixed(1)} s`);
    tally[failed ? 'failed' : 'passed'] += 1;
  }
  return tally;
}

if (import.meta.main) {
  const { failed } = await runChecks();
  process.exitCode = failed > 0 ? 1 : 0;
}
