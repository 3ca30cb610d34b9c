// Plain JavaScript that every Node.js from 20 can read: the sources use syntax that older ones reject with a SyntaxError.
import { existsSync, mkdirSync } from 'node:fs';
import * as module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

const NEEDED = 24;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/**
 * Runs the command line whose main function is in `entry`, a file below `src/` without its extension.
 * @param {string} name
 * @param {string} entry
 */
export async function start(name, entry) {
  if (major < NEEDED) {
    console.error(
      `${name} needs Node.js ${NEEDED} or later; this is ${process.versions.node} (${process.execPath}).\n` +
        `Install it from https://nodejs.org/en/download, or by a version manager: nvm install ${NEEDED}`,
    );
    process.exitCode = 3; // the lab's fault
    return;
  }
  // V8's Maglev compiler crashes these versions when many HTTP/2 sessions come and go (nodejs/node#64841).
  if (major === 24 && minor < 21) setFlagsFromString('--no-maglev');
  // Half of what a start takes is compiling. Not in a folder that others can write to: this is code.
  const compiled = join(cacheFolder(), 'compiled');
  if (!process.env.NODE_COMPILE_CACHE && madeFolder(compiled)) module.enableCompileCache(compiled);
  // A checkout has the sources, which run as they are; the package has only what was built from them.
  const sources = new URL(`../src/${entry}.ts`, import.meta.url);
  const main = existsSync(sources) ? sources : new URL(`../dist/${entry}.js`, import.meta.url);
  process.exitCode = await (await import(main.href)).main(process.argv.slice(2));
}

/** The cache of the user, or of root, wherever HOME is. */
function cacheFolder() {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'jumplead');
  return process.getuid?.() === 0 ? '/var/cache/jumplead' : join(homedir(), '.cache', 'jumplead');
}

/**
 * Whether the folder is there now. Node's own ways to make one never end where a file system takes none, such as /proc.
 * @param {string} path
 * @returns {boolean}
 */
function madeFolder(path) {
  if (existsSync(path)) return true;
  if (!madeFolder(dirname(path))) return false;
  try {
    mkdirSync(path);
  } catch {
    // Another process may have made it meanwhile.
  }
  return existsSync(path);
}
