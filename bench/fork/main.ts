/**
 * `npm run bench:fork`: how fast machines are saved and forked, beside their own cold boot and QEMU's own snapshots, in one run.
 * docs/benchmarks.md says what the options are.
 */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, runTool } from '../../src/core/index.ts';
import { describeMachine } from '../machine.ts';
import { installPackage } from '../package.ts';
import type { Figure } from './figure.ts';
import { GUESTS, type GuestName, loadPackage, openGuest, type Package } from './guest.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { PARTS } from './parts/index.ts';
import { measurePython } from './python.ts';
import { renderSections, type Section, summarize, writeForks } from './report.ts';

const ROOT = join(import.meta.dirname, '..', '..');

async function measureGuest(pkg: Package, name: GuestName, options: Options): Promise<Section> {
  await using folder = await mkdtempDisposable(join(cacheDir(), 'bench-'));
  await using guest = await openGuest(pkg, name, folder.path);
  const figures: Figure[] = [];
  for (const part of options.parts)
    figures.push(...(await attempt(`${name}: ${part}`, PARTS[part](guest, options))));
  return { title: GUESTS[name], figures };
}

/** What has failed is told and left out: the rest took too long to be lost with it. */
async function attempt(what: string, measured: Promise<Figure[]>): Promise<Figure[]> {
  try {
    return await measured;
  } catch (error) {
    console.error(`${what}: ${String(error)}`);
    process.exitCode = 1;
    return [];
  }
}

async function main(argv: string[]): Promise<void> {
  const options = readOptions(argv);
  const qemu = (await runTool('qemu-system-x86_64', ['--version'])).stdout.split('\n')[0] ?? '';
  const machine = describeMachine({ python: '', qemu });
  await using folder = await mkdtempDisposable(join(cacheDir(), 'bench-'));
  const pkg = await loadPackage(installPackage(ROOT, join(folder.path, 'package')));
  const sections: Section[] = [];
  if (options.parts.length > 0)
    for (const name of options.guests) sections.push(await measureGuest(pkg, name, options));
  if (options.python) {
    const figures = await attempt('python', measurePython(pkg, folder.path));
    sections.push({ title: 'The main job by the stock Python client', figures });
  }
  console.log(renderSections(sections));
  if (options.write) await writeForks(join(ROOT, 'docs', 'benchmarks.md'), { machine, sections });
  if (options.json) {
    const guests = sections.map(({ title, figures }) => ({ title, figures: figures.map(summarize) }));
    await writeFile(options.json, `${JSON.stringify({ machine, guests }, null, 2)}\n`);
  }
}

if (process.argv.includes('--help')) console.log(USAGE);
else await main(process.argv.slice(2));
