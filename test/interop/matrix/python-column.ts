import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runTool } from '../../../src/core/index.ts';
import { PATIENCE } from '../../support/long.ts';
import { type Exporter, type Lab, script } from './exporters.ts';

/** A row as the Python client gets it. */
export interface PythonRow {
  readonly name: string;
  readonly file: string;
  readonly facts: unknown;
  readonly folder: string;
}

/** One assertion of a Python row: that what it got is equal to something, or that it matches a pattern. */
type Check = { readonly what: string; readonly got: unknown } & (
  | { readonly wanted: unknown }
  | { readonly pattern: string }
);

/** What the Python client has checked, row by row. */
export type PythonChecks = Readonly<Record<string, readonly Check[]>>;

/** Runs all rows over both transports in one process of the stock client. */
export async function runPythonColumn(
  rows: readonly PythonRow[],
  exporter: Exporter,
  { python, folder }: Lab,
): Promise<PythonChecks> {
  await mkdir(join(folder, 'python'));
  const [plan, answers] = [join(folder, 'python', 'plan.json'), join(folder, 'python', 'answers.json')];
  const { unix, tls } = exporter;
  const transports = [unix, tls].map(({ name, env }) => ({ name, env }));
  const modules = rows.map((row) => ({ ...row, module: `rows.${row.file.replace(/\.py$/, '')}` }));
  await writeFile(
    plan,
    JSON.stringify({ rows: modules, transports, passphrase: exporter.passphrase, answers }),
  );
  // It ends before the test does, and says where it was.
  const env = { ...unix.env, ...pythonPath, MATRIX_PATIENCE: String(PATIENCE / 1_000 - 5) };
  await runTool(python.program('python'), [script('client.py'), plan], { env });
  return JSON.parse(await readFile(answers, 'utf8'));
}

/** Lets Python import what lies in the folder of the matrix, and leave nothing there. */
export const pythonPath = { PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1' };

/** Makes the assertions of a row. */
export function assertChecks(checks: readonly Check[]): void {
  for (const check of checks) {
    if ('pattern' in check) expect(check.got, check.what).toMatch(new RegExp(check.pattern, 's'));
    else expect(check.got, check.what).toEqual(check.wanted);
  }
}
