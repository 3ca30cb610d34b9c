/** A secret shorter than this may well be part of a word. */
const SHORT = 8;

/** What must not be shown to anybody. */
export class Secrets {
  readonly #patterns: RegExp[] = [];

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** From now on masked: a long secret wherever it stands, a short one at the end of a line, as an echo is. */
  add(secret: string): void {
    if (secret === '') return;
    const text = secret.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    this.#patterns.push(new RegExp(secret.length < SHORT ? `(?<=^|\\s)${text}(?=[\\r\\n]|$)` : text, 'g'));
  }

  /** The text with `***` in the place of each. */
  mask(text: string): string {
    return this.#patterns.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  }
}
