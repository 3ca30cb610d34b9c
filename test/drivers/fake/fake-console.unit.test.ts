import { expect, it } from 'vitest';
import { fakeConsole } from '../../../src/drivers/fake/index.ts';
import { callContext, openDriver, readUntil } from '../open-driver.ts';

const now = { from: 'now', takeOver: false } as const;
const fromBoot = { from: 'boot', takeOver: false } as const;

it('greets at each power-on and answers the lines that are typed', async () => {
  const console = fakeConsole({
    greeting: 'login: ',
    answer: (line) => (line === 'root' ? '# ' : 'Login incorrect\r\nlogin: '),
  });
  await using node = await openDriver(console);
  await using channel = await node.handlers.connect(fromBoot, callContext());
  await channel.write(Buffer.from('nobody\r'));
  await channel.write(Buffer.from('root\r'));
  expect(await readUntil(channel, '# ')).toBe('login: nobody\r\nLogin incorrect\r\nlogin: root\r\n# ');
  expect(console.device.typed).toBe('nobody\rroot\r');
});

it('does not print what is typed when it has no echo', async () => {
  const console = fakeConsole({ echo: false, answer: (line) => `<${line}>` });
  await using node = await openDriver(console);
  await using channel = await node.handlers.connect(now, callContext());
  await channel.write(Buffer.from('secret\r'));
  expect(await readUntil(channel, '>')).toBe('<secret>');
});

it('keeps letters whole that come in pieces', async () => {
  const console = fakeConsole({ answer: (line) => line });
  await using node = await openDriver(console);
  await using channel = await node.handlers.connect(now, callContext());
  const letter = Buffer.from('ü');
  await channel.write(letter.subarray(0, 1));
  await channel.write(letter.subarray(1));
  expect(await readUntil(channel, 'ü')).toBe('ü');
});

it('says who is typing, and takes the turn back when that stream is closed', async () => {
  const console = fakeConsole();
  await using node = await openDriver(console);
  const first = await node.handlers.connect(now, callContext({ peer: 'connection 1' }));
  await first.write(Buffer.from('a'));
  const second = await node.handlers.connect(now, callContext({ peer: 'connection 2' }));
  await expect(second.write(Buffer.from('b'))).rejects.toMatchObject({
    code: 'busy',
    holder: 'connection 1',
  });
  expect((await node.handlers.status(callContext())).writer).toBe('connection 1');
  await first[Symbol.asyncDispose]();
  expect((await node.handlers.status(callContext())).writer).toBe(null);
  expect(console.device.typed).toBe('a');
  expect(console.device.streams.size).toBe(0);
});
