import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MAX_FIELDS } from './limits.ts';
import { GrpcError, Status } from './status.ts';

/** What the fields of a piece of a message are, by their numbers: those that are messages themselves. */
type Nested = (no: number) => Nested | undefined;

/** Deeper ones are refused by who reads them. */
const MAX_DEPTH = 100;

/** Counts what a message is made of, unknown fields included. @throws GrpcError INVALID_ARGUMENT when that is too much */
export function checkFields(schema: DescMessage, bytes: Uint8Array): void {
  // A field has a byte at least for what it is, and another for its value or its length.
  if (bytes.length <= 2 * MAX_FIELDS) return;
  const reader = new BinaryReader(bytes);
  const open = [{ nested: nestedOf(schema), end: bytes.length }];
  let count = 0;
  for (let piece = open.at(-1); piece; piece = open.at(-1)) {
    if (reader.pos >= piece.end) {
      open.pop();
      continue;
    }
    const [no, type] = reader.tag();
    if (++count > MAX_FIELDS) throw tooMany(schema);
    const nested = type === WireType.LengthDelimited ? piece.nested(no) : undefined;
    if (!nested) reader.skip(type, no);
    else open.push({ nested, end: reader.uint32() + reader.pos });
    if (open.length > MAX_DEPTH) return;
  }
}

const known = new WeakMap<DescMessage, Nested>();

function nestedOf(schema: DescMessage): Nested {
  const before = known.get(schema);
  if (before) return before;
  const fields = new Map(schema.fields.map((field) => [field.number, field]));
  const nested: Nested = (no) => {
    const field = fields.get(no);
    return field && nestedIn(field);
  };
  known.set(schema, nested);
  return nested;
}

function nestedIn(field: DescField): Nested | undefined {
  if (field.message === undefined) return undefined;
  const inner = nestedOf(field.message);
  // An entry of a map is a message with a key and a value.
  return field.fieldKind === 'map' ? (no) => (no === 2 ? inner : undefined) : inner;
}

function tooMany({ typeName }: DescMessage): GrpcError {
  const most = MAX_FIELDS.toLocaleString('en');
  return new GrpcError(
    Status.INVALID_ARGUMENT,
    `a ${typeName} has more than ${most} fields, the most that are read: send less at a time`,
  );
}
