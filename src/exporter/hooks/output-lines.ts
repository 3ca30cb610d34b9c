/** A line that is longer is cut in two: nothing that a hook prints may fill our memory. */
const LONGEST = 4_096;

/** Makes lines of what a hook prints: those that are not blank, without what stands at their ends. */
export class OutputLines {
  readonly #decoder = new TextDecoder();
  readonly #tell: (line: string) => void;
  #rest = '';

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#print(line);
    while (this.#rest.length > LONGEST) {
      this.#print(this.#rest.slice(0, LONGEST));
      this.#rest = this.#rest.slice(LONGEST);
    }
  }

  /** Tells what has come without an end. */
  end(): void {
    this.#print(this.#rest + this.#decoder.decode());
    this.#rest = '';
  }

  #print(line: string): void {
    for (let start = 0; start < line.length; start += LONGEST) {
      const part = line.slice(start, start + LONGEST).trimEnd();
      if (part !== '') this.#tell(part);
    }
  }
}
