import type { z } from 'zod';
import { ConfigError, type ConfigIssue, nearestSpelling } from '../core/index.ts';
import { explainIssues, knownFields } from '../interfaces/index.ts';
import type { Position, YamlSource } from './yaml-source.ts';

/** A mistake in a file: what, and where. */
export interface FileIssue extends ConfigIssue, Position {}

/** Keys that lead to a value of a file. */
export type FilePath = readonly PropertyKey[];

/** What is found while a file is read: mistakes, which are told all at once, and what its reader should know. */
export class Findings {
  readonly file: string;
  readonly #source: YamlSource;
  readonly #mistakes: FileIssue[];
  readonly #notices: FileIssue[] = [];

  constructor(file: string, source: YamlSource) {
    this.file = file;
    this.#source = source;
    this.#mistakes = source.blemishes.map((blemish) => ({ path: '', ...blemish }));
  }

  /** A mistake at `path`: in its value, or in the key itself. */
  blame(path: FilePath, message: string, part: 'key' | 'value' = 'value'): void {
    this.#mistakes.push(this.#issue(path, message, part));
  }

  /** Something at `path` that is allowed and yet not what it seems. */
  notice(path: FilePath, message: string, part: 'key' | 'value' = 'value'): void {
    this.#notices.push(this.#issue(path, message, part));
  }

  /** `FILE:LINE:COLUMN: PATH: MESSAGE`, in the order of the file. */
  get notices(): string[] {
    return this.#notices.toSorted(byPosition).map((issue) => this.#line(issue));
  }

  /** `input` as `schema` has it; undefined when it is wrong, which is noted. */
  check<S extends z.ZodType>(schema: S, input: unknown, at: FilePath): z.output<S> | undefined {
    const result = schema.safeParse(input, { reportInput: true });
    if (result.success) return result.data;
    for (const { at: inner, message, isKey } of explainIssues(result.error, input, schema))
      this.blame([...at, ...inner], message, isKey ? 'key' : 'value');
    return undefined;
  }

  /**
   * Finds keys that `schema`, which lets them pass, does not know: a mistake where it seems misspelt and wherever
   * `mustKnow` says so, worth a notice elsewhere.
   */
  checkKeys(
    schema: z.ZodType,
    input: unknown,
    at: FilePath,
    mustKnow: (path: FilePath) => boolean = () => false,
  ): void {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return;
    const known = knownFields(schema, at);
    if (known.length === 0) return;
    for (const [key, value] of Object.entries(input)) {
      if (known.includes(key)) this.checkKeys(schema, value, [...at, key], mustKnow);
      else this.unknownKey([...at, key], known, { refuse: mustKnow(at) });
    }
  }

  /** Tells of a key that is not among `known`. */
  unknownKey(path: FilePath, known: readonly string[], { refuse }: { readonly refuse: boolean }): void {
    const meant = nearestSpelling(String(path.at(-1)), known);
    if (meant !== undefined) this.blame(path, `unknown key; did you mean ${meant}?`, 'key');
    else if (refuse) this.blame(path, `unknown key; known: ${known.join(', ')}`, 'key');
    else this.notice(path, 'unknown key, without effect', 'key');
  }

  /** @throws ConfigError with all mistakes, in the order of the file */
  throwIfAny(): void {
    if (this.#mistakes.length > 0) throw this.toError();
  }

  /** All mistakes, in the order of the file. */
  toError(): ConfigError {
    const issues = this.#mistakes.toSorted(byPosition);
    const count = issues.length === 1 ? 'a mistake' : `${issues.length} mistakes`;
    const message = [`${this.file} has ${count}`, ...issues.map((issue) => `  ${this.#line(issue)}`)];
    return new ConfigError(message.join('\n'), { issues, file: this.file });
  }

  #issue(path: FilePath, message: string, part: 'key' | 'value'): FileIssue {
    return { path: path.join('.'), message, ...this.#source.locate(path, part) };
  }

  #line({ line, column, path, message }: FileIssue): string {
    return `${this.file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
  }
}

const byPosition = (a: Position, b: Position) => a.line - b.line || a.column - b.column;
