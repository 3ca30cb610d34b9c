/** `chunks` as blocks of that size; the last one is shorter, and empty where nothing is left. */
export async function* blocksOf(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; rest.length - at >= size; at += size) yield rest.subarray(at, at + size);
    rest = rest.subarray(at);
  }
  yield rest;
}

const CR = 13;
const LF = 10;

/** Text as it travels in the mode `netascii`: a line ends with CR LF, and a CR that ends none is followed by a zero byte. */
export async function* asNetascii(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    const text: number[] = [];
    for (const byte of chunk) {
      if (byte === LF) text.push(CR, LF);
      else if (byte === CR) text.push(CR, 0);
      else text.push(byte);
    }
    yield Uint8Array.from(text);
  }
}
