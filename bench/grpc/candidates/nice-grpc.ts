import { type CallContext, createChannel, createClient, createServer, Metadata } from 'nice-grpc';
import { answer, behave, type Candidate, type Client, type Mode, watch } from '../candidate.ts';
import { callRequest, definition, request } from './definition.ts';

interface Message {
  readonly payload: Uint8Array;
}

const server = createServer();
server.add(
  definition as never,
  {
    driverCall: async ({ args }: { args: unknown[] }) => ({
      $typeName: 'jumpstarter.v1.DriverCallResponse',
      uuid: answer(),
      result: args[0],
    }),
    async *stream(messages: AsyncIterable<never>, context: CallContext) {
      watch(context.signal);
      context.sendHeader();
      yield* behave(context.metadata.get('mode') as Mode, messages, request as never, context.signal);
    },
  } as never,
);

function connect(path: string): Client {
  const client = createClient(definition as never, createChannel(`unix://${path}`)) as {
    driverCall(message: unknown): Promise<{ uuid: string }>;
    stream(messages: AsyncIterable<unknown>, options: object): AsyncIterable<Message>;
  };
  return {
    call: async () => (await client.driverCall(callRequest())).uuid,
    open: async (mode) => {
      const { messages, write, end } = pipe();
      const controller = new AbortController();
      const headers = Promise.withResolvers<unknown>();
      const { signal } = controller;
      const metadata = Metadata({ mode });
      const answers = client.stream(messages, { metadata, signal, onHeader: headers.resolve });
      return {
        headers: headers.promise,
        write,
        end,
        lengths: (async function* () {
          for await (const { payload } of answers) yield payload.length;
        })(),
        cancel: () => controller.abort(),
      };
    },
  };
}

/** Requests are an iteration here: what is written is handed on when it is asked for. */
export function pipe() {
  let ready = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  let next: Uint8Array | undefined;
  const messages = (async function* () {
    for (;;) {
      await ready.promise;
      ready = Promise.withResolvers();
      if (!next) return;
      const message = request(next);
      taken.resolve();
      yield message;
    }
  })();
  const write = (payload: Uint8Array | undefined): Promise<void> => {
    next = payload;
    taken = Promise.withResolvers();
    ready.resolve();
    return taken.promise;
  };
  return { messages, write, end: () => void write(undefined) };
}

export const candidate: Candidate = {
  serve: async (path) => void (await server.listen(`unix://${path}`)),
  connect,
};
