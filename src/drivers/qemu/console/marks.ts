/** What happened at an offset of a transcript. A mark without an event says when the byte there came. */
export interface TranscriptMark {
  readonly offset: number;
  /** ISO 8601. */
  readonly time: string;
  /**
   * `power-on`, `power-off`; `resumed`: from here on a saved machine goes on; `inherited`: what is before this was the console of
   * the machine that this one was forked from; `part`: here a new file begins; `dropped`: the bytes from `from` to `to` were removed for it;
   * `lost`: those bytes could not be written; `salvaged`: here ends what was found after the recorder had been killed.
   */
  readonly event?: string;
  readonly from?: number;
  readonly to?: number;
}

/** The marks in the text of a times file; one that was cut short is left out. */
export function parseMarks(text: string): TranscriptMark[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}
