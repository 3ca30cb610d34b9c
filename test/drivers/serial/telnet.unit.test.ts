import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeTelnet,
  negotiation,
  Option,
  subnegotiation,
  type TelnetItem,
  TelnetParser,
} from '../../../src/drivers/serial/telnet.ts';
import { TelnetOptions } from '../../../src/drivers/serial/telnet-options.ts';

/** The items of a stream, with neighbouring data joined. */
function itemsOf(chunks: readonly Uint8Array[]): TelnetItem[] {
  const parser = new TelnetParser();
  const joined: TelnetItem[] = [];
  for (const item of chunks.flatMap((chunk) => [...parser.push(chunk)])) {
    const last = joined.at(-1);
    if (item.kind === 'data' && last?.kind === 'data')
      joined[joined.length - 1] = { kind: 'data', bytes: Uint8Array.from([...last.bytes, ...item.bytes]) };
    else joined.push(item.kind === 'data' ? { ...item, bytes: Uint8Array.from(item.bytes) } : item);
  }
  return joined;
}

/** The same bytes, cut at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
}

const places = fc.array(fc.nat({ max: 1_000 }), { maxLength: 8 });
const manyIacs = fc
  .array(fc.oneof(fc.constant(255), fc.constant(240), fc.nat({ max: 255 })), { maxLength: 200 })
  .map((bytes) => Uint8Array.from(bytes));

describe('what is escaped', () => {
  it('is what comes back, however it is cut', () => {
    fc.assert(
      fc.property(manyIacs, places, (bytes, where) => {
        const expected = bytes.length > 0 ? [{ kind: 'data', bytes }] : [];
        expect(itemsOf(cut(escapeTelnet(bytes), where))).toEqual(expected);
      }),
    );
  });

  it('is the same piece of memory where there is nothing to escape', () => {
    const bytes = Buffer.from('login: ');
    expect(escapeTelnet(bytes)).toBe(bytes);
  });
});

it('tells data, negotiations and subnegotiations apart, however they are cut', () => {
  const stream = Buffer.concat([
    Buffer.from('a'),
    negotiation('will', Option.comPort),
    subnegotiation(Option.comPort, [101, 0, 255, 240, 0]),
    Uint8Array.of(255, 241),
    Buffer.from('b'),
    Uint8Array.of(255, 255),
    negotiation('dont', Option.echo),
  ]);
  const expected: TelnetItem[] = [
    { kind: 'data', bytes: Uint8Array.of(97) },
    { kind: 'negotiation', verb: 'will', option: 44 },
    { kind: 'subnegotiation', option: 44, bytes: Uint8Array.of(101, 0, 255, 240, 0) },
    { kind: 'data', bytes: Uint8Array.of(98, 255) },
    { kind: 'negotiation', verb: 'dont', option: 1 },
  ];
  fc.assert(
    fc.property(places, (where) => {
      expect(itemsOf(cut(stream, where))).toEqual(expected);
    }),
  );
});

it('takes whatever there is, and keeps no more of it than an option may have', () => {
  fc.assert(
    fc.property(fc.array(manyIacs), (chunks) => {
      itemsOf(chunks);
    }),
  );
  const endless = () => itemsOf([Uint8Array.of(255, 250), new Uint8Array(2_000)]);
  expect(endless).toThrow('what came is not telnet');
});

describe('options', () => {
  const hear = (options: TelnetOptions, ...said: Parameters<TelnetOptions['hear']>) => {
    const answer = options.hear(...said);
    return answer && [...itemsOf([answer])];
  };

  it('are agreed on without an answer to an answer', () => {
    const options = new TelnetOptions();
    options.ask('will', Option.comPort);
    expect(options.ours(Option.comPort)).toBe('asked');
    expect(hear(options, 'do', Option.comPort)).toBeUndefined();
    expect(options.ours(Option.comPort)).toBe('on');
    expect(hear(options, 'do', Option.comPort)).toBeUndefined();
    expect(hear(options, 'will', Option.binary)).toEqual([
      { kind: 'negotiation', verb: 'do', option: Option.binary },
    ]);
    expect(hear(options, 'will', Option.binary)).toBeUndefined();
  });

  it('are refused where they are not known, and ended when the other side wants that', () => {
    const options = new TelnetOptions();
    expect(hear(options, 'do', 24)).toEqual([{ kind: 'negotiation', verb: 'wont', option: 24 }]);
    expect(hear(options, 'will', 24)).toEqual([{ kind: 'negotiation', verb: 'dont', option: 24 }]);
    expect(hear(options, 'dont', Option.comPort)).toBeUndefined();
    options.hear('do', Option.comPort);
    expect(hear(options, 'dont', Option.comPort)).toEqual([
      { kind: 'negotiation', verb: 'wont', option: Option.comPort },
    ]);
    expect(options.ours(Option.comPort)).toBe('off');
  });
});
