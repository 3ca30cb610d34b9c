import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'grpc');

/** Runs the trial of gRPC libraries (docs/adr/0001-grpc.md); `candidates` are those to be measured, all if there are none. */
export async function runTrial(candidates: readonly string[], python: string): Promise<void> {
  await run('npm', ['ci', '--loglevel=error', '--no-update-notifier']);
  await run(process.execPath, ['trial.ts', ...candidates], { BENCH_PYTHON: python });
}

async function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(file, args, { cwd: FOLDER, stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} exited with ${code}`);
}
