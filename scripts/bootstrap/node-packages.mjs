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
 * and may be missing, except for `required`.
 *
 * @param {LockFile} lock  package-lock.json
 * @param {LockFile} installed  node_modules/.package-lock.json
 * @param {string} [required]
 */
export function isInstalled(lock, installed, required) {
  const present = installed.packages;
  if (!present) return false;
  const wanted = Object.entries(lock.packages ?? {}).filter(([path]) => path !== '');
  const known = new Set(wanted.map(([path]) => path));
  return (
    Object.keys(present).every((path) => known.has(path)) &&
    wanted.every(([path, { version, integrity, optional }]) => {
      const found = present[path];
      if (found) return found.version === version && found.integrity === integrity;
      return optional === true && path !== `node_modules/${required}`;
    })
  );
}

/**
 * Installs the packages of the lock file in `folder`, unless they are there.
 *
 * @param {string} folder
 * @param {{ what: string, required?: string }} options  `what`: for people; `required`: an optional package that must be there
 */
export async function installPackages(folder, { what, required }) {
  const lock = readJson(join(folder, 'package-lock.json'));
  const done = () =>
    isInstalled(lock, readJson(join(folder, 'node_modules', '.package-lock.json')), required);
  if (done()) return;
  console.log(`set-up: installing ${what}`);
  const npm = [...NPM_CI, ...PATIENCE];
  if ((await run(npm, { cwd: folder, env: { ...process.env, PATH: ownPath() } })) && done()) return;
  // About a package that is optional to it, npm says nothing.
  const hint = required ? `\`npm view ${required}\` may say why` : 'see above';
  throw new SetupError(`npm could not install ${what} (${hint}). Can it reach the package registry?`);
}

// An environment that means production must not leave out what the tests need.
const NPM_CI = [
  'npm',
  'ci',
  '--include=dev',
  '--include=optional',
  '--loglevel=error',
  '--no-update-notifier',
];

// npm's own settings make it wait for many minutes before it says that there is no network.
const PATIENCE = ['--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000'];

/** PATH without the Node.js of the project: the user's own may know certificates that ours does not. */
function ownPath() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !folder.endsWith(join('node_modules', '.bin'))).join(delimiter);
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
