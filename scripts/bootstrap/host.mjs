/**
 * What this host is and has.
 *
 * @import { PackageManager } from '../../src/cli/packages/needs.js'
 * @import { Host } from './plan.mjs'
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @type {Readonly<Record<PackageManager, string>>} */
const MANAGERS = { apt: 'apt-get', dnf: 'dnf', pacman: 'pacman', brew: 'brew' };

/**
 * Looks at this host. Cheap: files are looked for, and the few needs that are commands are run only when asked about.
 *
 * @returns {Host}
 */
export function inspectHost() {
  const managers = /** @type {PackageManager[]} */ (Object.keys(MANAGERS)); // SAFE: the keys of the table above
  return {
    manager: managers.find((manager) => hasProgram(MANAGERS[manager])),
    ubuntu: readText('/etc/os-release').includes('\nID=ubuntu\n'),
    root: process.getuid?.() === 0,
    sudo: hasProgram('sudo'),
    interactive: process.stdin.isTTY === true,
    packageLists: hasPackageLists('/var/lib/apt/lists'),
    has,
  };
}

/** @param {string} thing */
function has(thing) {
  if (thing.includes(' ')) return succeeds(thing.split(' '));
  return thing.startsWith('/') ? existsSync(thing) : hasProgram(thing);
}

/** Where programs are. Administrators' programs are looked for too: users do not have them in their PATH. */
const PROGRAM_FOLDERS = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];

/** @param {string} name */
function hasProgram(name) {
  return PROGRAM_FOLDERS.some((folder) => folder !== '' && isExecutable(join(folder, name)));
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {readonly string[]} argv */
function succeeds([file = '', ...args]) {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}

/** @param {string} folder */
function hasPackageLists(folder) {
  return existsSync(folder) && readdirSync(folder).some((name) => name.includes('_Packages'));
}

/** @param {string} path */
function readText(path) {
  return existsSync(path) ? `\n${readFileSync(path, 'utf8')}\n` : '';
}
