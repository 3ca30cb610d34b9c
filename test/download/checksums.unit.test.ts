import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findDigests, parseChecksums } from '../../src/download/index.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(128);

/** As Fedora publishes it. */
const FEDORA = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2: 583532544 bytes
SHA256 (Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2) = ${A}
SHA512 (Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2) = ${B}
-----BEGIN PGP SIGNATURE-----

iQIzBAEBCAAdFiEEuvZzHXk3qsgiJ7CgT1lpGJZ3yL8FAmFY9oQACgkQT1lpGJZ3
-----END PGP SIGNATURE-----
`;

describe('a checksum file', () => {
  test('of coreutils has names with a blank or a star before them', () => {
    const text = `${A}  one.img\r\n${B} *two words.img\n\\${A}  odd\\nna\\\\me\nnonsense\n`;
    expect(parseChecksums(text)).toEqual([
      { algorithm: 'sha256', digest: A, name: 'one.img' },
      { algorithm: 'sha512', digest: B, name: 'two words.img' },
      { algorithm: 'sha256', digest: A, name: 'odd\nna\\me' },
    ]);
  });

  test('of BSD may be wrapped in a signature, which means nothing', () => {
    const name = 'Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2';
    expect(findDigests(FEDORA, name, 'CHECKSUM')).toEqual({ sha256: A, sha512: B });
  });

  test('may name files in folders', () => {
    expect(findDigests(`${A}  ./images/one.img\n`, 'one.img', 'SUMS')).toEqual({ sha256: A });
  });

  test('may be one digest alone, of whatever it lies beside', () => {
    expect(findDigests(`${A.toUpperCase()}\n`, 'one.img', 'SUM')).toEqual({ sha256: A });
  });

  test('that has nothing of a file says what it has', () => {
    expect(() => findDigests(`${A}  one.img\n${A}  two.img\n`, 'three.img', 'SUMS')).toThrow(
      'SUMS: it has no SHA-256 or SHA-512 checksum of "three.img"; it has those of one.img, two.img',
    );
    expect(() => findDigests('<html>', 'one.img', 'SUMS')).toThrow(
      'SUMS: it has no SHA-256 or SHA-512 checksum of "one.img"',
    );
  });

  test('that contradicts itself is of no use', () => {
    const text = `${A}  one.img\n${'c'.repeat(64)}  one.img\n`;
    expect(() => findDigests(text, 'one.img', 'SUMS')).toThrow('two different checksums of "one.img"');
  });
});

describe('any checksum file', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
  const digest = fc.oneof(hex(64), hex(128));
  const name = fc.stringMatching(/^[A-Za-z0-9._+ -]*[A-Za-z0-9]$/);
  const line = (form: 'text' | 'binary' | 'bsd', sum: string, of: string) =>
    form === 'bsd' ? `SHA${sum.length * 4} (${of}) = ${sum}` : `${sum} ${form === 'text' ? ' ' : '*'}${of}`;

  test('gives back what was written into it', () => {
    const entry = fc.tuple(fc.constantFrom('text', 'binary', 'bsd'), digest, name);
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const text = entries.map((each) => line(...each)).join('\n');
        const read = parseChecksums(text).map(({ digest: sum, name: of }) => [sum, of]);
        expect(read).toEqual(entries.map(([, sum, of]) => [sum, of]));
      }),
    );
  });

  test('is read without a failure, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const { digest: sum } of parseChecksums(text)) expect(sum).toMatch(/^[0-9a-f]{64,128}$/);
      }),
    );
  });
});
