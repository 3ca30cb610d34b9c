import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import {
  DriverCallRequestSchema,
  DriverCallResponseSchema,
} from '../../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { StreamRequestSchema } from '../../../src/rpc/gen/jumpstarter/v1/router_pb.ts';

/** The two methods as grpc-js and nice-grpc want them, with the same message code as every other candidate. */
export const definition = {
  driverCall: {
    path: '/jumpstarter.v1.ExporterService/DriverCall',
    ...shape(DriverCallRequestSchema, DriverCallResponseSchema, false),
  },
  // Both directions look alike on the wire; so the echo can send what it got.
  stream: {
    path: '/jumpstarter.v1.RouterService/Stream',
    ...shape(StreamRequestSchema, StreamRequestSchema, true),
  },
} as const;

function shape<I extends DescMessage, O extends DescMessage>(input: I, output: O, streams: boolean) {
  return {
    requestStream: streams,
    responseStream: streams,
    requestSerialize: (message: MessageShape<I>) => Buffer.from(toBinary(input, message)),
    requestDeserialize: (bytes: Uint8Array) => fromBinary(input, bytes),
    responseSerialize: (message: MessageShape<O>) => Buffer.from(toBinary(output, message)),
    responseDeserialize: (bytes: Uint8Array) => fromBinary(output, bytes),
  };
}

export const request = (payload: Uint8Array) => create(StreamRequestSchema, { payload });
export const callRequest = () =>
  create(DriverCallRequestSchema, { method: 'x', args: [{ kind: { case: 'stringValue', value: 'hello' } }] });
