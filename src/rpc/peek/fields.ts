/** Wire types of protobuf. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/**
 * The values of a message's field `wanted` of those with a length: text, bytes, messages. The library for it takes longer to load than
 * all else that `jl --help` needs of ours.
 *
 * @throws RangeError when it is no message
 */
export function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = (): number => {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('a number has no end');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (length > message.length - at) throw new RangeError('a field is longer than its message');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const type = tag % 8;
    if (type === LENGTH_DELIMITED) {
      const value = take(varint());
      if (Math.floor(tag / 8) === wanted) found.push(value);
    } else if (type === VARINT) varint();
    else if (type === FIXED64 || type === FIXED32) take(type === FIXED64 ? 8 : 4);
    else throw new RangeError(`there is no wire type ${type}`);
  }
  return found;
}
