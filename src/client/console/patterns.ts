/** What to wait for: text as it is, or a regular expression that is tried on the text so far. */
export type Pattern = string | RegExp;

/** Several patterns, each with a name of the caller's. */
export type Patterns = Readonly<Record<string, Pattern>>;

/** Where a pattern was found. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** Of a regular expression: its groups. */
  readonly groups: RegExpExecArray | null;
}

/** A pattern that can be looked for from any place of a text. */
export interface Matcher {
  readonly name: string;
  readonly pattern: Pattern;
  /** A match that the text before did not have starts at most so far before the new text. */
  readonly reach: number;
  /** The first match at `from` or later. */
  find(text: string, from: number): Match | undefined;
}

/** The longest match of a regular expression: keeps a long wait from reading all text again with each new piece. */
export const REGEXP_REACH = 64 * 1024;

/** The matchers of `patterns`, in their order. */
export function createMatchers(patterns: Patterns): Matcher[] {
  return Object.entries(patterns).map(([name, pattern]) =>
    typeof pattern === 'string' ? textMatcher(name, pattern) : regExpMatcher(name, pattern),
  );
}

/** Patterns as an error shows them. */
export function describePatterns(patterns: Patterns): string[] {
  return Object.values(patterns).map((pattern) =>
    typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern),
  );
}

/** A part of a regular expression that matches `text` as it is. */
export function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function textMatcher(name: string, pattern: string): Matcher {
  return {
    name,
    pattern,
    reach: pattern.length - 1,
    find: (text, from) => {
      const start = text.indexOf(pattern, from);
      return start === -1 ? undefined : { start, end: start + pattern.length, groups: null };
    },
  };
}

function regExpMatcher(name: string, pattern: RegExp): Matcher {
  const own = new RegExp(pattern.source, `${pattern.flags.replaceAll(/[gy]/g, '')}g`);
  return {
    name,
    pattern,
    reach: REGEXP_REACH,
    find: (text, from) => {
      own.lastIndex = from;
      const groups = own.exec(text);
      return groups ? { start: groups.index, end: groups.index + groups[0].length, groups } : undefined;
    },
  };
}
