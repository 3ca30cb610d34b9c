import type { Duplex } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import { answer, behave, type Candidate, type Client, type Mode, watch } from '../candidate.ts';
import { callRequest, definition, request } from './definition.ts';

const server = new grpc.Server();
server.addService(definition as never, {
  driverCall: (call: grpc.ServerUnaryCall<{ args: unknown[] }, unknown>, done: grpc.sendUnaryData<unknown>) =>
    done(null, {
      $typeName: 'jumpstarter.v1.DriverCallResponse',
      uuid: answer(),
      result: call.request.args[0],
    }),
  stream: async (call: grpc.ServerDuplexStream<never, never>) => {
    const controller = new AbortController();
    watch(controller.signal);
    call.on('cancelled', () => controller.abort());
    call.on('error', () => undefined);
    call.sendMetadata(new grpc.Metadata());
    const mode = String(call.metadata.get('mode')[0]) as Mode;
    try {
      for await (const item of behave(
        mode,
        call as AsyncIterable<never>,
        request as never,
        controller.signal,
      )) {
        if (!call.write(item)) await new Promise((resolve) => call.once('drain', resolve));
      }
      call.end();
    } catch {
      // The call was cancelled.
    }
  },
});

function connect(path: string): Client {
  const Service = grpc.makeGenericClientConstructor(definition as never, 'x');
  const client = new Service(`unix://${path}`, grpc.credentials.createInsecure()) as unknown as {
    driverCall(request: unknown, done: (error: Error | null, value: { uuid: string }) => void): void;
    stream(metadata: grpc.Metadata): grpc.ClientDuplexStream<unknown, { payload: Uint8Array }>;
  };
  return {
    call: () =>
      new Promise((resolve, reject) => {
        client.driverCall(callRequest(), (error, value) => (error ? reject(error) : resolve(value.uuid)));
      }),
    open: async (mode) => {
      const metadata = new grpc.Metadata();
      metadata.set('mode', mode);
      const call = client.stream(metadata);
      call.on('error', () => undefined);
      return {
        headers: new Promise((resolve) => call.once('metadata', resolve)),
        write: async (payload) => {
          if (!call.write(request(payload))) await new Promise((resolve) => call.once('drain', resolve));
        },
        end: () => call.end(),
        lengths: (async function* () {
          for await (const { payload } of call) yield payload.length;
        })(),
        cancel: () => call.cancel(),
      };
    },
  };
}

export const candidate: Candidate = {
  serve: (path) =>
    new Promise((resolve, reject) => {
      server.bindAsync(`unix://${path}`, grpc.ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    }),
  connect,
  serveDuplex: (connection: Duplex) =>
    server.createConnectionInjector(grpc.ServerCredentials.createInsecure()).injectConnection(connection),
};
