import { ProtocolError } from '../../../core/index.ts';

/** The longest line that is taken for a line: QEMU's own schema, the longest thing it says, has a few hundred KiB. */
const LONGEST = 16 * 2 ** 20;

/** Makes lines out of chunks of UTF-8, wherever the chunks were cut. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** The lines that `chunk` completes, without empty ones. @throws ProtocolError when a line has no end. */
  push(chunk: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST) {
      const answer = this.#rest.slice(0, 500);
      throw new ProtocolError(`QEMU sent a line without an end: ${answer}`, { peer: 'QEMU', answer });
    }
    return lines.filter((line) => line.trim() !== '');
  }
}
