import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEscapeFilter } from '../../src/core/escapes.ts';

const strip = (...pieces: string[]) => {
  const filter = createEscapeFilter();
  return pieces.map((piece) => filter.push(piece)).join('');
};

describe('the filter for escape sequences', () => {
  test.each([
    ['colours', '\x1b[1;32mok\x1b[0m', 'ok'],
    ['bracketed paste', '\x1b[?2004h$ \x1b[?2004l\r', '$ \r'],
    ['a title', '\x1b]0;user@host: ~\x07user@host:~$ ', 'user@host:~$ '],
    ['marks of a shell, ended by ST', '\x1b]3008;start=0f;user=debian\x1b\\$ ', '$ '],
    ['a cursor of firmware', '\x1b[2J\x1b[01;01HBdsDxe', 'BdsDxe'],
    ['character sets', '\x1b(B\x1b)0x', 'x'],
    ['keypad and resets', '\x1b=\x1b>\x1bcx', 'x'],
    ['a device control string', '\x1bP1$r0m\x1b\\x', 'x'],
    ['a line feed within a sequence', 'a\x1b[1\n;32mb', 'a\nb'],
    ['an escape that breaks off another', '\x1b[1\x1b[32mx', 'x'],
  ])('%s', (_, text, readable) => {
    expect(strip(text)).toBe(readable);
    expect(strip(...text)).toBe(readable);
  });

  test('a title that is broken off hides no line after its own', () => {
    expect(strip('\x1b]0;user@ho[   12.345678] audit: message\r\nDebian login: ')).toBe('\nDebian login: ');
  });

  test('gives the same for every way to cut the text', () => {
    const piece = fc.constantFrom(
      'text',
      'ü€',
      '\r\n',
      '\x1b[31m',
      '\x1b]0;t\x07',
      '\x1b]8;;u\x1b\\',
      '\x1b(B',
      '\x1b',
    );
    fc.assert(
      fc.property(fc.array(piece), fc.nat(40), (pieces, cut) => {
        const text = pieces.join('');
        expect(strip(text.slice(0, cut), text.slice(cut))).toBe(strip(text));
        expect(strip(...text)).toBe(strip(text));
      }),
    );
  });

  test('agrees with Node about whole sequences', () => {
    const piece = fc.constantFrom(
      'text',
      'ü€',
      '\r\n',
      '\x1b[31m',
      '\x1b[?25l',
      '\x1b]0;t\x07',
      '\x1b[10;20H',
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(strip(pieces.join(''))).toBe(stripVTControlCharacters(pieces.join('')));
      }),
    );
  });
});
