import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createMatchers } from '../../../src/client/console/patterns.ts';
import { UnreadText } from '../../../src/client/console/unread-text.ts';
import { DeviceError, ExpectError } from '../../../src/core/index.ts';
import { byteChannelPair, severOn } from '../../../src/drivers/std/index.ts';
import { openTestTty, ttyOn } from '../../fixtures/open-tty.ts';

/** A wait that no test can outlast: what ends it is the event, never the clock. */
const HOUR = { timeout: '1h' } as const;

describe('expect', () => {
  test('consumes up to the end of its match, and returns at once what has come before', async () => {
    await using console = openTestTty();
    await console.print('one two three\r\n');
    const first = await console.tty.expect('two', HOUR);
    expect(first).toEqual({ name: 'match', match: null, before: 'one ', text: 'two' });
    const second = await console.tty.expect(/t(\w+)e\r\n/, HOUR);
    expect(second).toMatchObject({ before: ' ', text: 'three\r\n' });
    expect(second.match?.[1]).toBe('hre');
  });

  test('names the pattern that was found; the names are a type', async () => {
    await using console = openTestTty();
    await console.print('boot... login: ');
    const found = await console.tty.expect({ panic: /panic/, login: 'login: ' }, HOUR);
    expectTypeOf(found.name).toEqualTypeOf<'panic' | 'login'>();
    expect(found.name).toBe('login');
  });

  test('of several patterns the first to be complete counts, not the first in the list', async () => {
    await using console = openTestTty();
    await console.print('abcdef');
    expect((await console.tty.expect({ long: 'abcdef', short: 'cd' }, HOUR)).name).toBe('short');
  });

  test('waits for text that is still to come, in whatever pieces', async () => {
    await using console = openTestTty();
    const found = console.tty.expect('grüße €', HOUR);
    for (const byte of Buffer.from('viele grüße €!')) await console.device.write(Uint8Array.of(byte));
    expect(await found).toMatchObject({ before: 'viele ', text: 'grüße €' });
  });

  test('sees no escape sequence, unless it is asked to', async () => {
    const coloured = '\x1b]0;title\x07\x1b[1;32mlo\x1b[0mgin: ';
    await using stripped = openTestTty();
    await stripped.print(coloured);
    expect(await stripped.tty.expect('login: ', HOUR)).toMatchObject({ before: '' });
    await using kept = openTestTty({ escapes: 'keep' });
    await kept.print(coloured);
    expect(await kept.tty.expect('gin: ', HOUR)).toMatchObject({ before: coloured.slice(0, -5) });
  });

  test('a console that ends is another error than one that is silent', async () => {
    await using console = openTestTty({ transcript: '/var/log/console.log' });
    await console.print('Booting\r\n');
    await console.device.end();
    const error = await console.tty.expect({ login: 'login: ', shell: /\$ / }, HOUR).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ExpectError);
    expect(error).toMatchObject({ reason: 'closed', tail: 'Booting\r\n', operation: 'console.expect' });
    expect((error as ExpectError).message).toMatchInlineSnapshot(`
      "console.expect: the console ended while waiting for "login: " or /\\$ /
      last on the console:
        | Booting
      transcript: /var/log/console.log"
    `);
  });

  test('a device that died is the error, with what was waited for', async () => {
    const [ours, device] = byteChannelPair();
    const broken = new AbortController();
    await using tty = ttyOn(severOn(broken.signal, ours));
    await device.write(Buffer.from('Kernel panic - not syncing\r\n'));
    const waiting = tty.expect('login: ', HOUR).catch((error: unknown) => error);
    const death = new DeviceError('the guest panicked', { event: 'GUEST_PANICKED', tail: '' });
    broken.abort(death);
    expect(await waiting).toMatchObject({
      ...{ code: 'device', event: 'GUEST_PANICKED', operation: 'console.expect' },
      message: 'console.expect: the guest panicked; still waiting for "login: "',
    });
  });

  test('a console that is silent for too long says what it showed last', async () => {
    await using console = openTestTty();
    await console.print('Starting \x1b[1msshd\x1b[0m...\r\nlo');
    await console.tty.expect('sshd', HOUR);
    const error = await console.tty.expect('login: ', { timeout: 20 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'expect', reason: 'timeout', patterns: ['"login: "'] });
    expect((error as ExpectError).message).toMatchInlineSnapshot(`
      "console.expect: gave up after 0.02 s, still waiting for "login: "
      last on the console:
        | Starting sshd...
        | lo"
    `);
  });

  test('an abort is the reason of the caller, untouched', async () => {
    await using console = openTestTty();
    const aborter = new AbortController();
    const waiting = console.tty.expect('never', { signal: aborter.signal });
    const reason = new Error('enough');
    aborter.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test('two readers at once are a mistake of the caller', async () => {
    await using console = openTestTty();
    const first = console.tty.expect('one', HOUR);
    await expect(console.tty.expect('two', HOUR)).rejects.toMatchObject({ code: 'state' });
    await console.print('one');
    await first;
  });

  test('closing ends what waits', async () => {
    const console = openTestTty();
    const waiting = console.tty.expect('never', HOUR);
    await console.tty.close();
    await expect(waiting).rejects.toMatchObject({ code: 'expect', reason: 'closed' });
  });

  test('iteration gives the text as it comes, and ends with the console', async () => {
    await using console = openTestTty();
    await console.print('one');
    await console.device.end();
    expect(await Array.fromAsync(console.tty)).toEqual(['one']);
    expect(console.tty.tail).toBe('one');
  });

  test('keeps a window of what nobody reads', async () => {
    await using console = openTestTty();
    const chunk = Buffer.alloc(64 * 1024, 'x');
    await console.print('first ');
    for (let written = 0; written < 3 * 1024 * 1024; written += chunk.length)
      await console.device.write(chunk);
    await console.print(' last');
    const { before } = await console.tty.expect(' last', HOUR);
    expect(before).not.toContain('first');
    expect(before.length).toBeGreaterThan(1024 * 1024 - 1);
    expect(before.length).toBeLessThan(1.3 * 1024 * 1024);
  });
});

test('text is what was sent, however its bytes were cut', async () => {
  const property = fc.asyncProperty(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.nat(100)),
    async (text, cuts) => {
      await using console = openTestTty({ escapes: 'keep' });
      const bytes = Buffer.from(text);
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
      const sending = (async () => {
        for (const [index, end] of ends.entries())
          await console.device.write(bytes.subarray(ends[index - 1] ?? 0, end));
        await console.device.end();
      })();
      expect((await Array.fromAsync(console.tty)).join('')).toBe(text);
      await sending;
    },
  );
  await fc.assert(property);
});

describe('the order in which patterns are found', () => {
  /** All matches in the text, when it comes in the given pieces. */
  function findAll(pieces: readonly string[], patterns: Record<string, string | RegExp>): string[] {
    const text = new UnreadText();
    const found: string[] = [];
    const matchers = createMatchers(patterns);
    text.rewind();
    for (const piece of pieces) {
      text.append(piece, 1024 * 1024);
      for (let one = text.search(matchers); one; one = text.search(matchers))
        found.push(`${one.before}<${one.name}>`);
    }
    return found;
  }

  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 200 });
  const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), minLength: 1, maxLength: 5 });
  const patterns = fc.record({
    one: words,
    two: words,
    three: fc.constantFrom(/ab[^b]/, /c\n./s, /(?<=a)bc/),
  });

  test('does not depend on how the text was cut', () => {
    fc.assert(
      fc.property(letters, patterns, fc.array(fc.nat(200)), (text, wanted, cuts) => {
        const sorted = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted(
          (a, b) => a - b,
        );
        const pieces = sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
        expect(findAll(pieces, wanted)).toEqual(findAll([...text], wanted));
      }),
    );
  });
});
