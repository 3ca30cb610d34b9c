/** Builds the package and looks at what would be published: `node scripts/check-package.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from './build.ts';

const ROOT = join(import.meta.dirname, '..');

/** What users need, and nothing else. */
const ALLOWED = [
  /^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md)$/,
  /^bin\/(jumplead|jl|start|test-machines)\.js$/,
  /^dist\/.+(\.js|\.js\.map)$/,
  /^dist\/(?!web\/ui\/).+\.d\.ts$/,
  /^dist\/web\/ui\/.+\.(html|css|svg)$/,
];
const REQUIRED = [
  'README.md',
  'LICENSE',
  'NOTICE',
  'CHANGELOG.md',
  'bin/jumplead.js',
  'bin/jl.js',
  'bin/test-machines.js',
  'dist/web/ui/',
];

/** What is wrong with the list of files of a package. */
export function checkListing(files: readonly string[]): string[] {
  const surplus = files.filter((file) => !ALLOWED.some((pattern) => pattern.test(file)));
  const absent = REQUIRED.filter((name) => !files.some((file) => file.startsWith(name)));
  return [
    ...surplus.map((file) => `${file}: is not for users; scripts/check-package.ts lists what is`),
    ...absent.map((name) => `${name}: is missing from the package`),
  ];
}

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly default: string }>>;
}

/** Whether tsconfig.json knows the package by the same names as package.json, so that tests import what users do. */
export function checkNames({ exports }: Manifest, tsconfig: string): string[] {
  return Object.entries(exports).flatMap(([name, { default: built }]) => {
    const source = built.replace('./dist/', './src/').replace(/\.js$/, '.ts');
    const line = `"jumplead${name.slice(1)}": ["${source}"]`;
    return tsconfig.includes(line) ? [] : [`tsconfig.json: "paths" lacks ${line}`];
  });
}

async function checkPackage(): Promise<string[]> {
  if (!build()) return ['the sources do not compile'];
  const pack = await execa({ cwd: ROOT })`npm pack --dry-run --json --ignore-scripts`;
  const [listing] = JSON.parse(pack.stdout) as [{ files: { path: string }[] }]; // SAFE: npm's own format
  const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const manifest = JSON.parse(text('package.json')) as Manifest; // SAFE: our own package.json
  const { messages } = await publint({ pkgDir: ROOT, strict: true });
  return [
    ...checkListing(listing.files.map(({ path }) => path)),
    ...checkNames(manifest, text('tsconfig.json')),
    ...messages.map((message) => `publint: ${formatMessage(message, manifest)}`),
  ];
}

if (import.meta.main) {
  const problems = await checkPackage();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
