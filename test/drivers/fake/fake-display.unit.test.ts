import { PNG } from 'pngjs';
import { expect, it } from 'vitest';
import { fakeDisplay, type Picture, Screen, serveRfb, testCard } from '../../../src/drivers/fake/index.ts';
import { byteChannelPair } from '../../../src/drivers/std/index.ts';
import type { ByteChannel } from '../../../src/interfaces/index.ts';
import { callContext, openDriver } from '../open-driver.ts';

const RED: Picture = () => [255, 0, 0];

/** A viewer with the handshake behind it. */
async function openViewer(screen: Screen) {
  const [viewer, server] = byteChannelPair();
  const served = serveRfb(server, screen);
  served.catch(() => undefined);
  const take = takerOf(viewer);
  expect((await take(12)).toString()).toBe('RFB 003.008\n');
  await viewer.write(Buffer.from('RFB 003.008\n'));
  expect([...(await take(2))]).toEqual([1, 1]);
  await viewer.write(Buffer.from([1]));
  expect([...(await take(4))]).toEqual([0, 0, 0, 0]);
  await viewer.write(Buffer.from([1]));
  const init = await take(24);
  const name = await take(init.readUInt32BE(20));
  return { viewer, take, served, init, name: name.toString() };
}

function takerOf(channel: ByteChannel) {
  const chunks = channel[Symbol.asyncIterator]();
  let buffered = Buffer.alloc(0);
  return async (length: number): Promise<Buffer> => {
    while (buffered.length < length) {
      const { value, done } = await chunks.next();
      if (done) throw new Error('the server has ended');
      buffered = Buffer.concat([buffered, value]);
    }
    const taken = buffered.subarray(0, length);
    buffered = buffered.subarray(length);
    return taken;
  };
}

/** FramebufferUpdateRequest for the whole of a screen of 4 by 2. */
const request = (incremental: 0 | 1) => Buffer.from([3, incremental, 0, 0, 0, 0, 0, 4, 0, 2]);

it('shows its picture in the format that the viewer asks for', async () => {
  const { viewer, take, init, name } = await openViewer(new Screen(4, 2, RED));
  expect([init.readUInt16BE(0), init.readUInt16BE(2), name]).toEqual([4, 2, 'jumplead fake screen']);
  await viewer.write(request(0));
  expect((await take(16)).subarray(4, 12).toString('hex')).toBe('0000000000040002');
  expect((await take(4 * 2 * 4)).subarray(0, 4).toString('hex')).toBe('0000ff00');
  // SetPixelFormat: 16 bits, big-endian, five, six and five bits.
  await viewer.write(Buffer.from([0, 0, 0, 0, 16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0]));
  await viewer.write(request(0));
  await take(16);
  expect((await take(4 * 2 * 2)).subarray(0, 2).toString('hex')).toBe('f800');
});

it('keeps a viewer waiting until the picture changes', async () => {
  const screen = new Screen(4, 2, RED);
  const { viewer, take } = await openViewer(screen);
  await viewer.write(request(0));
  await take(16 + 32);
  await viewer.write(request(1));
  const update = take(16 + 32);
  screen.show(() => [0, 255, 0]);
  expect((await update).subarray(16, 20).toString('hex')).toBe('00ff0000');
});

it('remembers keys and the pointer', async () => {
  const screen = new Screen(4, 2);
  const { viewer } = await openViewer(screen);
  const pressed = screen.keyDown(0x61);
  await viewer.write(Buffer.from([5, 1, 0, 3, 0, 1]));
  await viewer.write(Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]));
  await pressed;
  expect(screen.keys).toEqual([{ keysym: 0x61, down: true }]);
  expect(screen.pointer).toEqual({ x: 3, y: 1, buttons: 1 });
  await screen.keyDown(0x61);
});

it('takes what it has no use for', async () => {
  const screen = new Screen(4, 2, RED);
  const { viewer, take } = await openViewer(screen);
  await viewer.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0])); // SetEncodings: Raw
  await viewer.write(Buffer.from([6, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69])); // ClientCutText: hi
  await viewer.write(request(0));
  await take(16 + 32);
});

it('ends with its viewer', async () => {
  const { viewer, served } = await openViewer(new Screen(4, 2));
  await viewer.end();
  await served;
});

it('says what it does not understand', async () => {
  const { viewer, served } = await openViewer(new Screen(4, 2));
  await viewer.write(Buffer.from([99]));
  await expect(served).rejects.toMatchObject({ code: 'protocol', answer: '63' });
});

it('makes a picture that other programs can read', async () => {
  const display = fakeDisplay({ width: 16, height: 8 });
  await using node = await openDriver(display);
  const chunks = await Array.fromAsync(await node.handlers.screenshot(undefined, callContext()));
  const png = PNG.sync.read(Buffer.concat(chunks));
  expect([png.width, png.height]).toEqual([16, 8]);
  const card = testCard(16, 8);
  for (const [x, y] of [
    [0, 0],
    [5, 3],
    [15, 7],
  ] as const) {
    expect([...png.data.subarray(4 * (16 * y + x), 4 * (16 * y + x) + 3)]).toEqual([...card(x, y)]);
  }
});
