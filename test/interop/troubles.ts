import { createServer } from 'node:net';
import { z } from 'zod';
import { ProtocolError, raceSignal, runTool, startDeadline } from '../../src/core/index.ts';
import { defineDriver } from '../../src/driver/index.ts';
import { qemu } from '../../src/drivers/qemu/index.ts';
import { connectSocket, Turn } from '../../src/drivers/std/index.ts';
import { serve } from '../../src/index.ts';
import { call, defineInterface } from '../../src/interfaces/index.ts';
import { openTestTty } from '../fixtures/open-tty.ts';

const trouble = (help: string) => call(help, { returns: z.null() });

/** Calls that get into trouble of their own: each meets with what its error is for. */
export const Troubles = defineInterface(
  'troubles.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  {
    allocate: trouble('Ask for more memory than there is'),
    occupy: trouble('Turn to a device that somebody else is at'),
    launch: trouble('Run a program that is not installed'),
    wait: trouble('Wait for what never comes, with a deadline'),
    expect: trouble('Wait for a text on a console that ends'),
    misunderstand: trouble('Talk to a server that does not speak the protocol'),
    reach: trouble('Connect to a port where nobody listens'),
    crash: trouble('Run into a mistake of the programmer'),
  },
);

/** A driver whose calls fail, each for its own reason. */
export const troubles = defineDriver({
  name: 'troubles',
  interface: Troubles,
  config: z.undefined(),
  open: () => ({
    allocate: async ({ signal }) => {
      await using machine = await serve(qemu({ arch: 'x86_64', firmware: 'bios', memory: '4096TiB' }), {
        signal,
      });
      await machine.power.on({ signal });
      return null;
    },
    occupy: async (context) => {
      const turn = new Turn();
      return await turn.take('occupy', context, () => turn.take('occupy', context, async () => null));
    },
    launch: async () => {
      await runTool('no-such-program-anywhere', []);
      return null;
    },
    wait: async (_context) => {
      using deadline = startDeadline({ timeout: '1ms' }, { operation: 'wait', waitingFor: 'the impossible' });
      return await raceSignal(new Promise<null>(() => undefined), deadline.signal);
    },
    expect: async () => {
      await using console = openTestTty();
      await console.print('Kernel panic');
      await console.device.end();
      await console.tty.expect('login:');
      return null;
    },
    misunderstand: async ({ signal }) => {
      await using server = await babble();
      await using connection = await connectSocket(server, 'the babbling server', signal);
      for await (const chunk of connection) {
        const answer = Buffer.from(chunk).toString();
        throw new ProtocolError(`it said ${answer}`, { peer: 'the babbling server', answer });
      }
      return null;
    },
    reach: async ({ signal }) => {
      const server = await babble();
      await server[Symbol.asyncDispose]();
      await using _ = await connectSocket(server, 'the closed port', signal);
      return null;
    },
    crash: async () => {
      const nothing: { readonly x?: { readonly y: number } } = JSON.parse('{}');
      Reflect.get(Object(nothing.x), 'y').toFixed();
      return null;
    },
  }),
});

/** A server that greets with what nobody expects. */
async function babble(): Promise<{ host: string; port: number } & AsyncDisposable> {
  const server = createServer((socket) => socket.end('blah'));
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    host: '127.0.0.1',
    port: address.port,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
