/** Builds `dist/`: `node scripts/build.ts`. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** The page runs in a browser, and so is compiled for one. */
const PROJECTS = ['tsconfig.build.json', 'src/web/ui/tsconfig.json'];

/** Makes `dist/` anew. False when the sources do not compile; the compiler has said why. */
export function build(): boolean {
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  const compiled = PROJECTS.every((project) => {
    const { status } = spawnSync('tsc', ['-p', project], { cwd: ROOT, stdio: 'inherit' });
    return status === 0;
  });
  if (!compiled) return false;
  nameBuiltFiles();
  copyFiles();
  return true;
}

const SOURCE = /(\b(?:from|import|module)\b[ (]*["']\.{1,2}\/[^"'\n]+)\.ts(?=["'])/g;

/** In declarations the compiler leaves the names of the sources, which are not shipped. */
function nameBuiltFiles(): void {
  for (const file of globSync('dist/**/*.d.ts', { cwd: ROOT })) {
    const path = join(ROOT, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(SOURCE, '$1.js'));
  }
}

/** What the sources read at run time lies beside them: pages, styles, recipes. */
function copyFiles(): void {
  const compiled = ['**/*.ts', '**/tsconfig.json', 'rpc/proto/**'];
  const files = globSync('**/*.*', { cwd: join(ROOT, 'src'), exclude: compiled });
  for (const file of files) cpSync(join(ROOT, 'src', file), join(ROOT, 'dist', file));
}

if (import.meta.main && !build()) process.exitCode = 1;
