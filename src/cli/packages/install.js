/**
 * How packages are installed. Plain JavaScript for the same reason as the table.
 *
 * @import { PackageHost } from './install.js'
 * @import { Need, PackageManager } from './needs.js'
 */

/**
 * The package that meets `need` on this host, or, where we know no package manager, the program itself; `null`: there is
 * none; `undefined`: not needed here.
 *
 * @param {Need} need
 * @param {Pick<PackageHost, 'manager' | 'ubuntu'>} host
 */
export function packageFor(need, { manager, ubuntu }) {
  if (!manager) return need.anyOf[0];
  if (ubuntu && need.ubuntu !== undefined) return need.ubuntu;
  return need[manager];
}

/** @type {Readonly<Record<PackageManager, string>>} */
const LINES = {
  apt: 'sudo apt-get install -y --no-install-recommends',
  dnf: 'sudo dnf install -y',
  pacman: 'sudo pacman -S --needed',
  brew: 'brew install',
};

/**
 * The line that installs `packages`; `undefined` where we know no package manager.
 *
 * @param {readonly string[]} packages
 * @param {Pick<PackageHost, 'manager' | 'root'>} host
 */
export function installLine(packages, { manager, root }) {
  if (!manager) return undefined;
  const line = `${LINES[manager]} ${packages.join(' ')}`;
  return root ? line.replace('sudo ', '') : line;
}
