#!/usr/bin/env node
/**
 * Prepares a fresh clone: `node scripts/bootstrap.mjs [demo|test|check ...]`. The npm scripts run it first, so that nobody
 * has to; done once, it takes a fraction of a second. Plain JavaScript for any Node.js from 20, without dependencies.
 *
 * @import { Purpose } from './bootstrap/needs.mjs'
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFor } from '../src/cli/packages/install.js';
import { inspectHost } from './bootstrap/host.mjs';
import { NEEDS } from './bootstrap/needs.mjs';
import { installPackages, linkNode } from './bootstrap/node-packages.mjs';
import { findMissing, planInstallation } from './bootstrap/plan.mjs';
import { INTERRUPTED, run, SetupError } from './bootstrap/run.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PINNED = ['x64', 'arm64'];

/** @type {readonly Purpose[]} */
const PURPOSES = ['demo', 'test', 'check'];

try {
  const asked = process.argv.slice(2);
  const unknown = asked.find((purpose) => !PURPOSES.some((known) => known === purpose));
  if (unknown)
    throw new SetupError(`there is nothing to set up for '${unknown}'; known: ${PURPOSES.join(', ')}`);
  const purposes = PURPOSES.filter((purpose) => asked.length === 0 || asked.includes(purpose));
  await setUpNode();
  await setUpHost(purposes);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`set-up: ${error.message}`);
  process.exitCode = error.message === 'interrupted' ? INTERRUPTED : 1;
}

async function setUpNode() {
  const node = await findNode();
  await installPackages(ROOT, { what: 'the Node packages of package-lock.json' });
  linkNode(ROOT, node);
}

/** The pinned Node.js where npm has it, otherwise the one that runs this. */
async function findNode() {
  if (process.platform === 'linux' && PINNED.includes(process.arch)) {
    const folder = join(ROOT, 'tools', 'node');
    const required = `node-linux-${process.arch}`;
    await installPackages(folder, { what: 'the Node.js of the project, beside yours', required });
    return join(folder, 'node_modules', required, 'bin', 'node');
  }
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  const install =
    process.platform === 'darwin' ? 'brew install node@24' : 'see https://nodejs.org/en/download';
  throw new SetupError(
    `Node.js 24 or later is needed, this is ${process.versions.node}; to install it: ${install}`,
  );
}

/** @param {readonly Purpose[]} purposes */
async function setUpHost(purposes) {
  const host = inspectHost();
  const missing = findMissing(NEEDS, purposes, host);
  for (const { why, anyOf } of missing.unavailable) {
    console.log(`set-up: no package here for ${why} (${anyOf[0]}); what needs it will say so`);
  }
  const plan = planInstallation(missing.packages, host);
  if (plan.kind === 'nothing') return;
  console.log(
    plan.kind === 'run' ? 'set-up: installing system packages' : 'set-up: system packages are missing',
  );
  for (const need of missing.needs) console.log(`  ${(packageFor(need, host) ?? '').padEnd(22)} ${need.why}`);
  if (plan.kind === 'ask') {
    throw new SetupError(
      plan.line ? `type this, then try again:\n  ${plan.line}` : 'install them, then try again',
    );
  }
  if (plan.updateFirst) await run(plan.update);
  // The lists may name versions that the mirror no longer has.
  const done =
    (await run(plan.install)) || (!plan.updateFirst && (await run(plan.update)) && (await run(plan.install)));
  const rest = findMissing(NEEDS, purposes, host);
  if (done && rest.packages.length === 0) return;
  throw new SetupError(
    `apt-get could not install ${rest.packages.join(' ')} (see above). It needs the package mirror and the right to ` +
      `install (root, or sudo); by hand:\n  ${plan.install.join(' ')}`,
  );
}
