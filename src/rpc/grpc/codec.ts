import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { checkFields } from './check-fields.ts';
import { decodeFrame, encodeFrame, type Frame } from './frame-codec.ts';
import { frameMessage, joinParts } from './framing.ts';
import { GrpcError, Status } from './status.ts';

/** A message with its prefix, as chunks to be written one after the other. */
export type Encode<T> = (message: T) => Uint8Array[];

/** Reads one message, without its prefix, from the parts it came in. @throws GrpcError INTERNAL for bytes that are none. */
export type Decode<T> = (parts: readonly Buffer[]) => T;

/** Encodes messages of `schema`; plain objects with its fields will do. */
export function encodeWith<D extends DescMessage>(schema: D): Encode<MessageInitShape<D>> {
  return (message) => frameMessage(toBinary(schema, create(schema, message)));
}

/** Decodes messages of `schema`. Their fields are counted before anything is made of them. */
export function decodeWith<D extends DescMessage>(schema: D): Decode<MessageShape<D>> {
  return (parts) => {
    try {
      const bytes = joinParts(parts);
      checkFields(schema, bytes);
      return fromBinary(schema, bytes);
    } catch (cause) {
      if (cause instanceof GrpcError) throw cause;
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new GrpcError(Status.INTERNAL, `not a valid ${schema.typeName}: ${problem}`, { cause });
    }
  };
}

/** The frames of `RouterService.Stream`, without a copy of their payload. */
export const frameCodec: { readonly encode: Encode<Frame>; readonly decode: Decode<Frame> } = {
  encode: encodeFrame,
  decode: decodeFrame,
};
