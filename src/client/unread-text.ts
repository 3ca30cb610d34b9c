import { type Match, type Matcher, REGEXP_REACH } from './patterns.ts';

/** A pattern that was found; everything up to its end has been consumed. */
export interface Found {
  readonly matcher: Matcher;
  readonly groups: RegExpExecArray | null;
  /** The text between what was consumed earlier and the match. */
  readonly before: string;
  /** The match itself. */
  readonly text: string;
  /** Characters that had come before `before` and no longer fitted. */
  readonly lost: number;
}

/**
 * Text that has come and was not consumed, of limited length: when more comes than fits, the oldest goes.
 *
 * The cost of waiting grows with the text, not with its square: what was searched in vain and is out of reach of any
 * later match is set aside until it is consumed.
 */
export class UnreadText {
  readonly #limit: number;
  /** Searched in vain by the search that is going on. */
  #aside: string[] = [];
  #asideLength = 0;
  #recent = '';
  /** How much of `#recent` the search that is going on has seen. */
  #searched = 0;
  #lost = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  append(text: string): void {
    this.#recent += text;
    this.drop(this.#limit);
  }

  /** Lets go of the oldest text beyond `limit`. */
  drop(limit: number): void {
    let excess = this.#asideLength + this.#recent.length - limit;
    if (excess <= 0) return;
    this.#lost += excess;
    while (excess > 0 && this.#aside.length > 0) {
      const oldest = this.#aside.shift() ?? '';
      const rest = oldest.slice(excess);
      if (rest) this.#aside.unshift(rest);
      this.#asideLength -= oldest.length - rest.length;
      excess -= oldest.length - rest.length;
    }
    this.#recent = this.#recent.slice(excess);
    this.#searched = Math.max(0, this.#searched - excess);
  }
}
