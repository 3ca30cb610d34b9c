import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDutError } from '../../src/core/index.ts';
import { DRIVER_TYPES } from '../../src/driver-types.ts';
import { type ExporterFile, loadExporterFile } from '../../src/exporter-file/index.ts';

/** Loads `text` as a file; without `export:` and the like it is what stands below `export:`, after seven lines. */
export async function load(text: string, env: Record<string, string> = {}): Promise<ExporterFile> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'exporter.yaml');
  await writeFile(file, text);
  return await loadExporterFile(file, DRIVER_TYPES, { env });
}

/** What is wrong with `text`, without the name of the file: `LINE:COLUMN: PATH: MESSAGE`. */
export async function mistakesOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  try {
    await load(text, env);
    return [];
  } catch (error) {
    if (!isDutError(error)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ +\S*?exporter\.yaml:/, ''));
  }
}

/** A file with these entries; they begin in line 3. */
export const withEntries = (entries: string): string =>
  `metadata: {name: lab, namespace: default}\nexport:\n${entries.replaceAll(/^/gm, '  ')}`;
