import { readClientConfig, readConfig } from '../../config-files/index.ts';
import { ConfigError, type ConfigIssue } from '../../core/index.ts';
import { DRIVER_TYPES } from '../../driver-types.ts';
import { loadExporterFile } from '../../exporter-file/index.ts';
import { Unsuccessful } from '../exit-code.ts';
import { type OutputOption, print } from '../jl/output.ts';

/** What was found in one file. */
interface Report {
  readonly file: string;
  /** What it is, for people. */
  readonly about: string;
  readonly mistakes: readonly ConfigIssue[];
  readonly notices: readonly string[];
  readonly text: string;
}

/** Checks files and tells what is wrong with them. Nothing is started. */
export async function checkFiles(files: readonly string[], options: OutputOption): Promise<void> {
  const reports: Report[] = [];
  for (const file of files) reports.push(await check(file));
  const wrong = reports.filter(({ mistakes }) => mistakes.length > 0);
  if (options.output) {
    const data = reports.map(({ text: _, ...report }) => report);
    await print({ data, text: '', name: wrong.map(({ file }) => file).join('\n') }, options);
  } else {
    for (const { text, notices, mistakes } of reports) {
      for (const notice of notices) process.stderr.write(`${notice}\n`);
      (mistakes.length > 0 ? process.stderr : process.stdout).write(`${text}\n`);
    }
  }
  if (wrong.length > 0) throw new Unsuccessful(`${wrong.length} of ${files.length} files have mistakes`);
}

async function check(file: string): Promise<Report> {
  try {
    const { about, notices } = await load(file);
    return { file, about, mistakes: [], notices, text: `${file} is right: ${about}` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { file, about: '', mistakes: error.issues, notices: [], text: error.message };
  }
}

/** Reads it as what it says that it is. */
async function load(file: string): Promise<Pick<Report, 'about' | 'notices'>> {
  const { content } = await readConfig(file, 'a configuration');
  if (content['kind'] === 'ClientConfig') {
    const { metadata } = await readClientConfig(file);
    return { about: `the client ${metadata.name}`, notices: [] };
  }
  const { name, driver, notices } = await loadExporterFile(file, DRIVER_TYPES);
  const children = Object.keys(driver.children);
  return {
    about: `the exporter ${name}${children.length > 0 ? ` with ${children.join(', ')}` : ''}`,
    notices,
  };
}
