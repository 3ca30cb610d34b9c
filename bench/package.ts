import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Builds the checkout and lays it out as an installed package in `folder`: what users start, not what we edit. */
export function installPackage(checkout: string, folder: string): string {
  const { status } = spawnSync(process.execPath, ['scripts/build.ts'], {
    cwd: checkout,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(checkout, 'node_modules', '.bin')}:${process.env['PATH']}` },
  });
  if (status !== 0) throw new Error(`${checkout} does not build`);
  mkdirSync(folder, { recursive: true });
  for (const name of ['bin', 'dist', 'package.json']) {
    cpSync(join(checkout, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
