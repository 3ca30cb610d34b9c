import { createServer } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createClient } from '@connectrpc/connect';
import { connectNodeAdapter, createGrpcTransport } from '@connectrpc/connect-node';
import { ExporterService } from '../../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { RouterService } from '../../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import { answer, behave, type Candidate, type Client, type Mode, watch } from '../candidate.ts';
import { callRequest } from './definition.ts';
import { pipe } from './nice-grpc.ts';

const server = createServer(
  connectNodeAdapter({
    routes: (router) => {
      router.service(ExporterService, { driverCall: ({ args }) => ({ uuid: answer(), result: args[0] }) });
      router.service(RouterService, {
        async *stream(messages, context) {
          watch(context.signal);
          const mode = context.requestHeader.get('mode') as Mode;
          const payloads = (async function* () {
            for await (const { payload } of messages) yield payload;
          })();
          for await (const payload of behave(mode, payloads, (it) => it, context.signal)) yield { payload };
        },
      });
    },
  }),
);

function connect(createConnection: () => Duplex): Client {
  const transport = createGrpcTransport({
    baseUrl: 'http://localhost',
    nodeOptions: { createConnection },
  });
  const exporter = createClient(ExporterService, transport);
  const router = createClient(RouterService, transport);
  return {
    call: async () => (await exporter.driverCall(callRequest())).uuid,
    open: async (mode) => {
      const { messages, write, end } = pipe();
      const controller = new AbortController();
      const headers = Promise.withResolvers<unknown>();
      const options = { headers: { mode }, signal: controller.signal, onHeader: headers.resolve };
      const answers = router.stream(messages, options);
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

export const candidate: Candidate = {
  serve: (path) => new Promise((resolve) => server.listen(path, resolve)),
  connect: (path) => connect(() => connectSocket(path)),
  serveDuplex: (connection) => void server.emit('connection', connection),
  connectDuplex: (connection) => connect(() => connection),
};
