import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../core/index.ts';

/** A module's name, and its file below the folder of modules. */
export interface KernelModule {
  readonly name: string;
  readonly file: string;
}

/** What is known of one module: its file, and the names of those it needs loaded first. */
export interface ModuleFacts {
  readonly file: string;
  readonly needs: readonly string[];
}

/** Modules are named with either sign; inside the kernel it is always the underscore. */
export const moduleName = (name: string) => name.replaceAll('-', '_');

/**
 * The wanted modules and all they need, in an order in which `insmod` takes them.
 *
 * @param needsOf Called once per module; undefined for one that the kernel has built in.
 */
export async function loadOrder(
  wanted: readonly string[],
  needsOf: (name: string) => Promise<ModuleFacts | undefined>,
): Promise<KernelModule[]> {
  const order: KernelModule[] = [];
  const seen = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    seen.add(name);
    const facts = await needsOf(name);
    if (!facts) return;
    for (const need of facts.needs) await visit(need);
    order.push({ name, file: facts.file });
  };
  for (const name of wanted) await visit(moduleName(name));
  return order;
}

/**
 * Finds the wanted modules with all they need in an unpacked kernel package.
 *
 * @param dir `lib/modules/<version>`.
 * @throws ImageError when the kernel has one of them neither as a file nor built in.
 */
export async function findModules(dir: string, wanted: readonly string[]): Promise<KernelModule[]> {
  const files = await readdir(dir, { recursive: true });
  const byName = new Map(files.filter((f) => f.endsWith('.ko')).map((f) => [nameOfFile(f), f]));
  const builtin = new Set((await readFile(join(dir, 'modules.builtin'), 'utf8')).split('\n').map(nameOfFile));
  return await loadOrder(wanted, async (name) => {
    const file = byName.get(name);
    if (file) return { file, needs: await readNeeds(join(dir, file)) };
    if (builtin.has(name)) return undefined;
    throw new ImageError(`the kernel in ${dir} lacks the module ${name}`, {
      reason: 'missing module',
      source: dir,
    });
  });
}

const nameOfFile = (file: string) => moduleName(file.replace(/^.*\//, '').replace(/\.ko$/, ''));

/** The names in a module's `depends=`, which the kernel's build left in its `.modinfo` section. */
export function parseNeeds(module: Buffer): string[] {
  const at = module.indexOf('\0depends=');
  if (at < 0) return [];
  const start = at + '\0depends='.length;
  const names = module.toString('latin1', start, module.indexOf(0, start));
  return names === '' ? [] : names.split(',').map(moduleName);
}

async function readNeeds(path: string): Promise<string[]> {
  await using file = await open(path);
  return parseNeeds(await file.readFile());
}
