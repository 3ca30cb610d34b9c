import { readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly content: Buffer | string;
}

/** In a checkout the page is TypeScript, in the package what was built of it. */
export const SCRIPT_EXTENSION = extname(import.meta.filename);

const UI = fileURLToPath(new URL('./ui/', import.meta.url));

/** The package `@novnc/novnc`: its entry is `core/rfb.js`. Not by `import.meta.resolve`, which runners of tests do not have. */
const NOVNC = join(dirname(createRequire(import.meta.url).resolve('@novnc/novnc')), '../');

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The file behind a path of the server: our own page's at `/ui/`, the library's at `/novnc/`. */
export async function readAsset(path: string): Promise<Asset | undefined> {
  const [, room, name] = /^\/(ui|novnc)\/((?:[\w-]+\/)*[\w-]+\.(?:js|ts|css|svg))$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  if (room === 'novnc' && !/^(?:core|vendor)\/.*\.js$/.test(name)) return undefined;
  const type = TYPES[extname(name)];
  const content = await readFile(join(room === 'ui' ? UI : NOVNC, name)).catch(() => undefined);
  if (type === undefined || content === undefined) return undefined;
  return { type, content: extname(name) === '.ts' ? stripTypeScriptTypes(content.toString()) : content };
}
