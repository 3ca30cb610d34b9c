/**
 * Checks who imports whom: `node scripts/check-rooms.ts`. The rooms are described in docs/architecture.md.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/** Each room of `src/`, the files of `src/` itself being one, and the rooms it may import. */
export const ROOMS: Readonly<Record<string, readonly string[] | 'every room'>> = {
  core: [],
  download: ['core'],
  interfaces: ['core'],
  driver: ['core', 'interfaces'],
  'drivers/std': ['core', 'download', 'interfaces', 'driver'],
  'drivers/mock': ['core', 'interfaces', 'driver', 'drivers/std'],
  'drivers/files': ['core', 'interfaces', 'driver', 'drivers/std'],
  'drivers/power': ['core', 'interfaces', 'driver'],
  'drivers/shell': ['core', 'interfaces', 'driver', 'drivers/std'],
  'drivers/network': ['core', 'download', 'interfaces', 'driver', 'drivers/std'],
  'drivers/serial': ['core', 'interfaces', 'driver', 'drivers/std'],
  'drivers/fake': ['core', 'download', 'interfaces', 'driver', 'drivers/std'],
  'drivers/qemu': ['core', 'download', 'interfaces', 'driver', 'drivers/std', 'images'],
  images: ['core', 'download'],
  'rpc/peek': [],
  rpc: ['core', 'interfaces', 'rpc/peek'],
  'config-files': ['core', 'interfaces'],
  'exporter-file': ['core', 'interfaces', 'driver', 'config-files', 'exporter'],
  exporter: ['core', 'interfaces', 'driver', 'rpc'],
  client: ['core', 'download', 'interfaces', 'rpc', 'rpc/peek', 'web'],
  web: ['core', 'interfaces'],
  'web/ui': ['interfaces'],
  testing: 'every room',
  cli: 'every room',
  '.': 'every room',
};

/** What users import beside the rooms. */
const ENTRIES: readonly string[] = ['client/wait/index.ts'];

/** What only some rooms may know. */
const PRIVATE_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['rpc'],
  'node:http2': ['rpc'],
  // The client: HTTP over connections through a device.
  undici: ['download', 'client'],
  serialport: ['drivers/serial'],
};

/** What is wrong with the imports of one file, one line each. `file` is relative to `src/`, with `/`. */
export function checkImports(file: string, text: string): string[] {
  const room = roomOf(file);
  if (room === undefined)
    return [`src/${file}: belongs to no room; the table in scripts/check-rooms.ts names them`];
  return importsOf(text).flatMap(({ line, specifier }) => {
    const problem = specifier.startsWith('.')
      ? checkFile(room, normalize(join(dirname(file), specifier)).replaceAll(sep, '/'))
      : checkLibrary(room, specifier);
    return problem ? [`src/${file}:${line}: imports ${specifier}: ${problem}`] : [];
  });
}

function checkFile(room: string, target: string): string | undefined {
  if (target.startsWith('../')) return target === '../package.json' ? undefined : 'it lies outside src/';
  const other = roomOf(target);
  if (other === undefined) return 'it belongs to no room';
  if (other === room) {
    return target === indexOf(room) ? 'a room imports its own files directly' : undefined;
  }
  const allowed = ROOMS[room] ?? [];
  if (allowed !== 'every room' && !allowed.includes(other)) {
    return `${room} may not import ${other}; it may import ${allowed.join(', ') || 'no other room'}`;
  }
  // The composition roots are no room: each file is there for itself.
  return other === '.' || target === indexOf(other) || ENTRIES.includes(target)
    ? undefined
    : `only ${indexOf(other)} of another room may be imported`;
}

function checkLibrary(room: string, specifier: string): string | undefined {
  const [library] = Object.keys(PRIVATE_LIBRARIES).filter(
    (name) => specifier === name || specifier.startsWith(`${name}/`),
  );
  const owners = library && PRIVATE_LIBRARIES[library];
  return owners && !owners.includes(room) ? `only ${owners.join(' and ')} may use it` : undefined;
}

const indexOf = (room: string) => (room === '.' ? 'index.ts' : `${room}/index.ts`);

function roomOf(file: string): string | undefined {
  if (!file.includes('/')) return '.';
  return Object.keys(ROOMS)
    .filter((room) => file.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

// Formatted sources need no parser: a statement begins its line.
const IMPORT = /^(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*'([^'\n]+)'|\bimport\(\s*'([^'\n]+)'/gm;

/** The imports and re-exports of a file, of types too. */
function importsOf(text: string): { line: number; specifier: string }[] {
  return [...text.matchAll(IMPORT)].map(({ 0: statement, 1: declared, 2: called, index }) => ({
    line: text.slice(0, index + statement.length).split('\n').length,
    specifier: declared ?? called ?? '',
  }));
}

/** What is wrong in the whole of `src/`. */
export function checkRooms(src: string): string[] {
  const files = globSync('**/*.ts', { cwd: src, exclude: ['rpc/gen/**'] }).toSorted();
  return files.flatMap((file) =>
    checkImports(file.replaceAll(sep, '/'), readFileSync(join(src, file), 'utf8')),
  );
}

if (import.meta.main) {
  const problems = checkRooms(join(import.meta.dirname, '..', 'src'));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
