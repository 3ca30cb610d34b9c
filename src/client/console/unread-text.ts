import { type Match, type Matcher, REGEXP_REACH } from './patterns.ts';

/** A pattern that was found; everything up to its end has been consumed. */
export interface Found {
  readonly name: string;
  readonly groups: RegExpExecArray | null;
  /** The text between what was consumed earlier and the match. */
  readonly before: string;
  /** The match itself. */
  readonly text: string;
  /** How many characters before `before` came, and did not fit. */
  readonly lost: number;
}

/**
 * Text that has come and was not consumed yet.
 *
 * Of several patterns the one that was complete first is found, however the text was cut into pieces. Waiting costs in
 * proportion to the text: what was searched in vain and is out of the reach of any later match is set aside.
 */
export class UnreadText {
  #aside: string[] = [];
  #asideLength = 0;
  #recent = '';
  /** How much of `#recent` the going search has seen. */
  #searched = 0;
  #lost = 0;

  /** Adds text, and lets go of the oldest when there is a quarter more than `limit`. */
  append(text: string, limit: number): void {
    this.#recent += text;
    const excess = this.#asideLength + this.#recent.length - limit;
    if (excess < limit / 4) return;
    this.#join();
    this.#recent = this.#recent.slice(excess);
    this.#searched = Math.max(0, this.#searched - excess);
    this.#lost += excess;
  }

  /** Takes everything. */
  take(): string {
    this.#join();
    const text = this.#recent;
    this.#consumeTo(text.length);
    return text;
  }

  /** Begins a new search: with all there is. */
  rewind(): void {
    this.#join();
    this.#searched = 0;
  }

  /** Goes on with the search where it ended; consumes what it finds. Later calls name the same patterns. */
  search(matchers: readonly Matcher[]): Found | undefined {
    const [first] = matchers
      .map((matcher) => ({ name: matcher.name, match: matcher.find(this.#recent, this.#startFor(matcher)) }))
      .filter((candidate): candidate is { name: string; match: Match } => candidate.match !== undefined)
      .sort((a, b) => a.match.end - b.match.end || a.match.start - b.match.start);
    if (!first) {
      this.#searched = this.#recent.length;
      this.#setAside(Math.max(REGEXP_REACH, ...matchers.map(({ reach }) => reach)));
      return undefined;
    }
    const { start, end, groups } = first.match;
    const found = {
      name: first.name,
      groups,
      before: this.#aside.join('') + this.#recent.slice(0, start),
      text: this.#recent.slice(start, end),
      lost: this.#lost,
    };
    this.#consumeTo(end);
    return found;
  }

  #startFor({ reach }: Matcher): number {
    // `^` means the beginning of what is unread: it must not match where older text was set aside.
    const first = this.#asideLength > 0 ? 1 : 0;
    return Math.max(first, this.#searched - reach);
  }

  #setAside(reach: number): void {
    const settled = this.#searched - reach;
    if (settled < reach) return;
    this.#aside.push(this.#recent.slice(0, settled));
    this.#asideLength += settled;
    this.#recent = this.#recent.slice(settled);
    this.#searched -= settled;
  }

  #join(): void {
    this.#recent = this.#aside.join('') + this.#recent;
    this.#searched += this.#asideLength;
    this.#aside = [];
    this.#asideLength = 0;
  }

  #consumeTo(end: number): void {
    this.#recent = this.#recent.slice(end);
    this.#aside = [];
    this.#asideLength = 0;
    this.#searched = 0;
    this.#lost = 0;
  }
}
