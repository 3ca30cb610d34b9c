import { describe, expect, it } from 'vitest';
import { asNetascii, blocksOf } from '../../../src/drivers/files/tftp/blocks.ts';
import { planTransfer } from '../../../src/drivers/files/tftp/options.ts';
import {
  dataPacket,
  errorPacket,
  optionsPacket,
  readPacket,
} from '../../../src/drivers/files/tftp/packets.ts';

const read = (text: string) => readPacket(Buffer.from(text, 'latin1'));

describe('packets', () => {
  it('are read', () => {
    expect(read('\0\x01pxe/boot\0OCTET\0blkSize\x001428\0tsize\x000\0')).toEqual({
      kind: 'read',
      name: 'pxe/boot',
      mode: 'octet',
      options: new Map([
        ['blksize', '1428'],
        ['tsize', '0'],
      ]),
    });
    expect(read('\0\x02x\0octet\0')).toEqual({ kind: 'write' });
    expect(read('\0\x04\x01\x02')).toEqual({ kind: 'ack', block: 258 });
    expect(read('\0\x05\0\x03disk full\0')).toEqual({ kind: 'error', code: 3, message: 'disk full' });
  });

  it('that are none are told from those that are', () => {
    for (const text of [
      '',
      '\0\x01',
      '\0\x01\0\0',
      '\0\x01name',
      '\0\x01name\0octet',
      '\0\x09\0\0',
      '\x01\x01a\0octet\0',
    ])
      expect(read(text), JSON.stringify(text)).toEqual({ kind: 'unknown' });
  });

  it('are made', () => {
    expect(dataPacket(65_537, Buffer.from('x')).toString('latin1')).toBe('\0\x03\0\x01x');
    expect(errorPacket(1, 'no').toString('latin1')).toBe('\0\x05\0\x01no\0');
    expect(optionsPacket(new Map([['blksize', 8]])).toString('latin1')).toBe('\0\x06blksize\x008\0');
  });
});

describe('options', () => {
  const plan = (options: Record<string, string>, size?: number) => {
    const { blockSize, timeout, accepted } = planTransfer(new Map(Object.entries(options)), size);
    return { blockSize, timeout, accepted: Object.fromEntries(accepted) };
  };

  it('that nobody asks for are not answered', () => {
    expect(plan({})).toEqual({ blockSize: 512, timeout: 5_000, accepted: {} });
  });

  it('are accepted', () => {
    expect(plan({ blksize: '1428', timeout: '2', tsize: '0' }, 77)).toEqual({
      blockSize: 1428,
      timeout: 2_000,
      accepted: { blksize: 1428, timeout: 2, tsize: 77 },
    });
  });

  it('that make no sense are passed over, and a block that is too large is made smaller', () => {
    expect(plan({ blksize: '7', timeout: '0', tsize: '0' })).toEqual(plan({}));
    expect(plan({ blksize: 'x', timeout: '256', windowsize: '4' })).toEqual(plan({}));
    expect(plan({ blksize: '99999' }).accepted).toEqual({ blksize: 65_464 });
  });
});

describe('blocks', () => {
  async function* chunks(...texts: string[]) {
    for (const text of texts) yield Buffer.from(text);
  }
  const blocks = async (size: number, ...texts: string[]) =>
    (await Array.fromAsync(blocksOf(chunks(...texts), size))).map((block) => Buffer.from(block).toString());

  it('are full but for the last, which is there also when it is empty', async () => {
    expect(await blocks(4, 'ab', 'cdefg', 'h', 'ij')).toEqual(['abcd', 'efgh', 'ij']);
    expect(await blocks(4, 'abcd')).toEqual(['abcd', '']);
    expect(await blocks(4)).toEqual(['']);
  });

  it('of text have the line ends of the network', async () => {
    const text = await Array.fromAsync(asNetascii(chunks('a\nb', '\r')));
    expect(Buffer.concat(text).toString('latin1')).toBe('a\r\nb\r\0');
  });
});
