/**
 * The packages of a lock file, and the Node.js that runs them.
 *
 * @typedef {{ packages?: Record<string, LockedPackage> }} LockFile
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 */
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { run, SetupError } from './run.mjs';

/**
 * Whether what npm says it has installed is what the lock file asks for. Optional packages are those of other platforms,
 * and may be missing.
 *
 * @param {LockFile} lock  package-lock.json
 * @param {LockFile} installed  node_modules/.package-lock.json
 */
export function isInstalled(lock, installed) {
  const present = installed.packages;
  if (!present) return false;
  const wanted = Object.entries(lock.packages ?? {}).filter(([path]) => path !== '');
  const known = new Set(wanted.map(([path]) => path));
  return (
    Object.keys(present).every((path) => known.has(path)) &&
    wanted.every(([path, { version, integrity, optional }]) => {
      const found = present[path];
      return found ? found.version === version && found.integrity === integrity : optional === true;
    })
  );
}

/**
 * Installs the packages of the lock file in `folder`, unless they are there.
 *
 * @param {string} folder
 * @param {{ why: string, nodeFolder?: string }} options  `nodeFolder` holds the Node.js that npm is to run on
 */
export async function installPackages(folder, { why, nodeFolder }) {
  const lock = readJson(join(folder, 'package-lock.json'));
  if (isInstalled(lock, readJson(join(folder, 'node_modules', '.package-lock.json')))) return;
  console.log(`set-up: installing ${why}`);
  const path = [nodeFolder, process.env['PATH']].filter(Boolean).join(delimiter);
  // An environment that means production (NODE_ENV, npm's own settings) must not leave out what the tests need.
  const argv = ['npm', 'ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-audit', '--no-fund'];
  if (await run(argv, { cwd: folder, env: { ...process.env, PATH: path } })) return;
  throw new SetupError(
    `npm could not install ${why} (see above). It needs the package registry: is the network there?`,
  );
}

/**
 * Makes `node_modules/.bin/node` the Node.js of the project, which npm scripts find first.
 *
 * @param {string} root
 * @param {string} node
 */
export function linkNode(root, node) {
  const link = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(link) && realpathSync(link) === realpathSync(node)) return;
  const fresh = `${link}.${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(node.startsWith(root) ? relative(dirname(link), node) : node, fresh);
  renameSync(fresh, link);
}

/**
 * @param {string} path
 * @returns {LockFile}
 */
function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}
