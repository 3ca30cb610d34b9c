import { ProtocolError } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import { ByteReader } from './byte-reader.ts';
import {
  decodePixelFormat,
  encodePixelFormat,
  encodePixels,
  type PixelFormat,
  type Rectangle,
  TRUE_COLOUR,
} from './rfb-pixels.ts';
import type { Screen } from './screen.ts';

const VIEWER = 'RFB viewer';

/**
 * Shows `screen` to one viewer by RFB 3.8 (RFC 6143): no password, encoding Raw. Returns when the viewer has left.
 *
 * @throws ProtocolError when the viewer says something else than RFB.
 */
export async function serveRfb(channel: ByteChannel, screen: Screen): Promise<void> {
  const reader = new ByteReader(channel, VIEWER);
  if (await shakeHands(reader, channel, screen)) await new RfbSession(reader, channel, screen).run();
}

/** False when the viewer left before it had begun. */
async function shakeHands(reader: ByteReader, channel: ByteChannel, screen: Screen): Promise<boolean> {
  await channel.write(Buffer.from('RFB 003.008\n'));
  const version = await reader.take(12);
  if (!version) return false;
  if (version.toString('latin1') !== 'RFB 003.008\n') throw unexpected('version', version);
  await channel.write(Buffer.from([1, 1])); // one kind of security: none
  const security = await reader.need(1);
  if (security[0] !== 1) throw unexpected('security type', security);
  await channel.write(Buffer.alloc(4)); // accepted
  await reader.need(1); // whether the screen is shared: it always is
  const name = Buffer.from('jumplead fake screen');
  const size = Buffer.alloc(4);
  size.writeUInt16BE(screen.width, 0);
  size.writeUInt16BE(screen.height, 2);
  const nameLength = Buffer.alloc(4);
  nameLength.writeUInt32BE(name.length);
  await channel.write(Buffer.concat([size, encodePixelFormat(TRUE_COLOUR), nameLength, name]));
  return true;
}

class RfbSession {
  readonly #reader: ByteReader;
  readonly #channel: ByteChannel;
  readonly #screen: Screen;
  #format: PixelFormat = TRUE_COLOUR;
  /** The part that the viewer waits for, and whether it has changed since it was last sent. */
  #wanted: Rectangle | undefined;
  #isNew = true;
  #sending = Promise.resolve();

  constructor(reader: ByteReader, channel: ByteChannel, screen: Screen) {
    this.#reader = reader;
    this.#channel = channel;
    this.#screen = screen;
  }

  async run(): Promise<void> {
    const stop = this.#screen.onChange(() => {
      this.#isNew = true;
      this.#update();
    });
    try {
      for (let type = await this.#reader.take(1); type; type = await this.#reader.take(1)) {
        await this.#message(type);
      }
    } finally {
      stop();
      await this.#sending;
    }
  }

  async #message(type: Buffer): Promise<void> {
    switch (type[0]) {
      case 0:
        this.#format = decodePixelFormat((await this.#reader.need(19)).subarray(3));
        return;
      case 2:
        await this.#reader.need(4 * (await this.#reader.need(3)).readUInt16BE(1));
        return;
      case 3:
        return this.#request(await this.#reader.need(9));
      case 4: {
        const event = await this.#reader.need(7);
        this.#screen.press({ keysym: event.readUInt32BE(3), down: event[0] !== 0 });
        return;
      }
      case 5: {
        const event = await this.#reader.need(5);
        this.#screen.pointer = {
          x: event.readUInt16BE(1),
          y: event.readUInt16BE(3),
          buttons: event.readUInt8(0),
        };
        return;
      }
      case 6:
        await this.#reader.need((await this.#reader.need(7)).readUInt32BE(3));
        return;
      default:
        throw unexpected('message', type);
    }
  }

  /** FramebufferUpdateRequest: an incremental one waits for a change. */
  #request(request: Buffer): void {
    const [x, y, width, height] = [1, 3, 5, 7].map((at) => request.readUInt16BE(at)) as [
      number,
      number,
      number,
      number,
    ]; // SAFE: four of them
    this.#wanted = {
      x,
      y,
      width: Math.max(0, Math.min(width, this.#screen.width - x)),
      height: Math.max(0, Math.min(height, this.#screen.height - y)),
    };
    if (request[0] === 0) this.#isNew = true;
    this.#update();
  }

  #update(): void {
    if (!this.#wanted || !this.#isNew) return;
    const update = encodeUpdate(this.#screen, this.#wanted, this.#format);
    this.#wanted = undefined;
    this.#isNew = false;
    // A viewer that has left is noticed where its messages are read.
    this.#sending = this.#sending.then(() => this.#channel.write(update)).catch(() => undefined);
  }
}

/** FramebufferUpdate with one rectangle. */
function encodeUpdate({ picture }: Screen, area: Rectangle, format: PixelFormat): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt16BE(1, 2);
  [area.x, area.y, area.width, area.height].forEach((value, index) => {
    header.writeUInt16BE(value, 4 + 2 * index);
  });
  return Buffer.concat([header, encodePixels(picture, area, format)]);
}

function unexpected(what: string, bytes: Buffer): ProtocolError {
  const answer = bytes.toString('hex');
  return new ProtocolError(`the viewer sent the ${what} ${answer}, which is not served here`, {
    peer: VIEWER,
    answer,
  });
}
