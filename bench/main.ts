/**
 * `npm run bench`: what jumplead does, beside Python Jumpstarter and beside QEMU by hand, in one run; `npm run bench -- grpc`:
 * the trial of gRPC libraries. docs/benchmarks.md says what the options are.
 */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, runTool } from '../src/core/index.ts';
import { openPythonEnv, type PythonEnv } from '../test/interop/python-env.ts';
import { describeMachine, type Machine } from './machine.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { installPackage } from './package.ts';
import { renderTable } from './report.ts';
import type { Context } from './row.ts';
import { BENCHES } from './rows/index.ts';
import { type Result, runBench } from './run.ts';
import { writeRun } from './write-docs.ts';

const ROOT = join(import.meta.dirname, '..');

async function measure(options: Options, python: PythonEnv): Promise<Result[]> {
  await using folder = await mkdtempDisposable(join(cacheDir(), 'bench-'));
  const context: Context = {
    ours: installPackage(ROOT, join(folder.path, 'package')),
    baseline: options.baseline && installPackage(options.baseline, join(folder.path, 'baseline')),
    python: python.program,
    folder: folder.path,
  };
  const results: Result[] = [];
  for (const bench of BENCHES.filter(({ name }) => options.only.includes(name))) {
    results.push(...(await runBench(bench, context, options)));
  }
  return results;
}

async function inspectMachine(python: PythonEnv): Promise<Machine> {
  const firstLine = async (program: string) =>
    (await runTool(program, ['--version'])).stdout.split('\n')[0] ?? '';
  return describeMachine({
    python: await firstLine(python.program('python')),
    qemu: await firstLine('qemu-system-x86_64'),
  });
}

async function main(argv: string[]): Promise<void> {
  const python = await openPythonEnv();
  if (argv[0] === 'grpc') {
    const { runTrial } = await import('./grpc-trial.ts');
    await runTrial(argv.slice(1), python.program('python'));
    return;
  }
  const options = readOptions(argv);
  const machine = await inspectMachine(python);
  const results = await measure(options, python);
  console.log(renderTable(results));
  const benches = BENCHES.filter(({ name }) => options.only.includes(name));
  if (options.write) await writeRun(join(ROOT, 'docs', 'benchmarks.md'), { machine, results, benches });
  if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

if (process.argv.includes('--help')) console.log(USAGE);
else await main(process.argv.slice(2));
