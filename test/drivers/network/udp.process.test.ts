import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { udpNetwork } from '../../../src/drivers/network/index.ts';
import { openUdpEcho } from '../../fixtures/echo-servers.ts';
import { callContext, openDriver } from '../open-driver.ts';

const next = async (channel: AsyncIterable<Uint8Array>) => {
  const { value } = await channel[Symbol.asyncIterator]().next();
  return Buffer.from(value ?? 'the end').toString();
};

it('sends from a port of its own for each stream, and hears only its peer', async () => {
  await using server = await openUdpEcho();
  await using node = await openDriver(udpNetwork({ host: 'localhost', port: server.port }));
  await using first = await node.handlers.connect(undefined, callContext());
  await using second = await node.handlers.connect(undefined, callContext());
  await first.write(Buffer.from('one'));
  await second.write(Buffer.from('two'));
  expect([await next(second), await next(first)]).toEqual(['two', 'one']);
});

it('tells the reader and the writer that nobody listens, once the host has said so', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await once(socket.close(), 'close');
  await using node = await openDriver(udpNetwork({ host: '127.0.0.1', port }));
  await using channel = await node.handlers.connect(undefined, callContext());
  const reading = next(channel);
  await channel.write(Buffer.from('anybody?'));
  const lost = {
    code: 'unreachable',
    target: `udp://127.0.0.1:${port}`,
    message: `udp://127.0.0.1:${port}: the connection was lost (ECONNREFUSED)`,
  };
  await expect(reading).rejects.toMatchObject(lost);
  await expect(channel.write(Buffer.from('nobody?'))).rejects.toMatchObject(lost);
});

it('says which host is not known', async () => {
  await using node = await openDriver(udpNetwork({ host: 'device.invalid', port: 69 }));
  await expect(node.handlers.connect(undefined, callContext())).rejects.toMatchObject({
    code: 'unreachable',
    target: 'udp://device.invalid:69',
  });
});

it('gives the reader an end when it is closed', async () => {
  await using server = await openUdpEcho();
  await using node = await openDriver(udpNetwork({ host: '127.0.0.1', port: server.port }));
  const channel = await node.handlers.connect(undefined, callContext());
  const reading = next(channel);
  await channel[Symbol.asyncDispose]();
  expect(await reading).toBe('the end');
});

it('tells its address, or keeps it to itself', async () => {
  await using node = await openDriver(udpNetwork({ host: '::1', port: 69 }));
  expect(await node.handlers.address(callContext())).toBe('udp://[::1]:69');
  await using silent = await openDriver(udpNetwork({ host: '::1', port: 69, enableAddress: false }));
  await expect(silent.handlers.address(callContext())).rejects.toMatchObject({
    code: 'config',
    message: 'enable_address mode is not true in the exporter configuration',
  });
});
