/**
 * What is to be done about the host's packages, from what is known about the host. Nothing here looks at it.
 *
 * @import { PackageManager } from '../../src/cli/packages/needs.js'
 * @import { Need, Purpose } from './needs.mjs'
 *
 * @typedef {object} Host
 * @property {PackageManager | undefined} manager  `undefined`: none that we know
 * @property {boolean} ubuntu
 * @property {boolean} root
 * @property {boolean} sudo  the program is there
 * @property {boolean} interactive  somebody can be asked for a password
 * @property {boolean} packageLists  apt knows which packages there are
 * @property {(thing: string) => boolean} has  whether one entry of `anyOf` is there
 *
 * @typedef {object} Missing
 * @property {readonly Need[]} needs  what a package can be installed for
 * @property {readonly string[]} packages  those packages, each once
 * @property {readonly Need[]} unavailable  what this kind of system has no package for
 *
 * @typedef {{ kind: 'nothing' }
 *   | { kind: 'run', update: readonly string[], updateFirst: boolean, install: readonly string[] }
 *   | { kind: 'ask', line: string | undefined }} Installation
 *   `run`: where the lists are not updated first, they are after a failure; `ask`: the user has to type `line`
 */
import { installLine, packageFor } from '../../src/cli/packages/install.js';

/**
 * The needs of `purposes` that the host does not meet.
 *
 * @param {readonly Need[]} needs
 * @param {readonly Purpose[]} purposes
 * @param {Host} host
 * @returns {Missing}
 */
export function findMissing(needs, purposes, host) {
  const wanted = needs.filter(
    (need) =>
      purposes.some((purpose) => need.purposes.includes(purpose)) &&
      packageFor(need, host) !== undefined &&
      !(need.rootless && host.root),
  );
  const unmet = wanted.filter((need) => !need.anyOf.some(host.has));
  const available = unmet.filter((need) => packageFor(need, host) !== null);
  return {
    needs: available,
    packages: [...new Set(available.map((need) => String(packageFor(need, host))))],
    unavailable: unmet.filter((need) => packageFor(need, host) === null),
  };
}

/**
 * How the packages get there: apt-get is run, everything else is left to the user.
 *
 * @param {readonly string[]} packages
 * @param {Host} host
 * @returns {Installation}
 */
export function planInstallation(packages, host) {
  if (packages.length === 0) return { kind: 'nothing' };
  if (host.manager !== 'apt' || !(host.root || host.sudo)) {
    return { kind: 'ask', line: installLine(packages, host) };
  }
  const sudo = host.root ? [] : host.interactive ? ['sudo'] : ['sudo', '-n'];
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'DEBCONF_NOWARNINGS=yes', 'NEEDRESTART_MODE=l'];
  // Another apt may be at work, as on a machine that has just been started.
  const apt = [...sudo, ...env, 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'DPkg::Use-Pty=0'];
  return {
    kind: 'run',
    update: [...apt, 'update'],
    updateFirst: !host.packageLists,
    install: [...apt, 'install', '-y', '--no-install-recommends', ...packages],
  };
}
