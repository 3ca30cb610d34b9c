import { describe, expect, it } from 'vitest';
import { byteChannelPair, loopbackChannel } from '../../../src/drivers/std/index.ts';
import { readAll, readUntil } from '../open-driver.ts';

describe('byteChannelPair', () => {
  it('carries bytes in both directions', async () => {
    const [here, there] = byteChannelPair();
    await here.write(Buffer.from('ping'));
    expect(await readUntil(there, 'ping')).toBe('ping');
    await there.write(Buffer.from('pong'));
    expect(await readUntil(here, 'pong')).toBe('pong');
  });

  it('ends one direction and leaves the other open', async () => {
    const [here, there] = byteChannelPair();
    await here.write(Buffer.from('question'));
    await here.end();
    expect(await readAll(there)).toBe('question');
    await there.write(Buffer.from('answer'));
    await there.end();
    expect(await readAll(here)).toBe('answer');
  });

  it('makes a writer wait while 64 KiB are unread', async () => {
    const [here, there] = byteChannelPair();
    await here.write(new Uint8Array(64 * 1024));
    let isAccepted = false;
    const written = here.write(new Uint8Array(1)).then(() => {
      isAccepted = true;
    });
    await new Promise(setImmediate);
    expect(isAccepted).toBe(false);
    await there[Symbol.asyncIterator]().next();
    await written;
  });

  it('tells a waiting writer that the reader has closed', async () => {
    const [here, there] = byteChannelPair();
    const written = here.write(new Uint8Array(65 * 1024));
    await there[Symbol.asyncDispose]();
    await expect(written).rejects.toMatchObject({ code: 'unreachable' });
    expect(await readAll(here)).toBe('');
  });

  it('refuses to write after the end', async () => {
    const [here] = byteChannelPair();
    await here.end();
    await expect(here.write(Buffer.from('late'))).rejects.toMatchObject({ code: 'state', state: 'ended' });
  });
});

describe('loopbackChannel', () => {
  it('reads what it wrote, and then its end', async () => {
    const loop = loopbackChannel();
    await loop.write(Buffer.from('round'));
    await loop.end();
    expect(await readAll(loop)).toBe('round');
  });
});
