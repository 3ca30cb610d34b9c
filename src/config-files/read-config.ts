import { readFile } from 'node:fs/promises';
import { ConfigError, systemReason } from '../core/index.ts';
import { Findings } from './findings.ts';
import { readYaml } from './yaml-source.ts';

/** A configuration as it is written, and what is wrong with it. */
export interface WrittenConfig {
  readonly content: Readonly<Record<string, unknown>>;
  readonly findings: Findings;
}

/**
 * Reads a file of keys and values.
 *
 * @param what What it is to be: `an exporter file`.
 * @throws ConfigError when it cannot be read, or is no YAML, or holds something else
 */
export async function readConfig(path: string, what: string): Promise<WrittenConfig> {
  const source = readYaml(await read(path, what));
  const findings = new Findings(path, source);
  const { value } = source;
  if (isObject(value)) return { content: value, findings };
  if (value !== undefined) findings.blame([], `expected ${what}: apiVersion, kind, metadata and so on`);
  throw findings.toError();
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException; // SAFE: readFile rejects with nothing else
    const reason = systemReason(error) ?? error.message;
    const issues = [{ path: '', message: reason }];
    throw new ConfigError(`cannot read ${path}, which is to be ${what}: ${reason}`, { issues, file: path });
  }
}
