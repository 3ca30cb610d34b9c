import { refused } from './address.ts';
import type { Digests } from './digests.ts';

/** One line of a checksum file. */
export interface Checksum {
  readonly algorithm: keyof Digests;
  readonly digest: string;
  /** The file it is of; `null` where the line is nothing but a digest. */
  readonly name: string | null;
}

/** `<digest>  <name>`, or `<digest> *<name>`; a backslash before it says that the name has some in it. */
const COREUTILS = /^(\\?)([0-9a-f]{64}|[0-9a-f]{128}) [ *](.+)$/i;
const BSD = /^(SHA-?256|SHA-?512) ?\((.+)\) ?= ?([0-9a-f]{64}|[0-9a-f]{128})$/i;
const BARE = /^([0-9a-f]{64}|[0-9a-f]{128})$/i;

/**
 * The checksums of a `SHA256SUMS` or `CHECKSUM` file, in the formats of coreutils and of BSD. Other lines mean nothing: also
 * those of a PGP signature, which is not checked.
 */
export function parseChecksums(text: string): Checksum[] {
  return text.split('\n').flatMap((line) => parseLine(line.replace(/\r$/, '')) ?? []);
}

function parseLine(line: string): Checksum | undefined {
  const [, escaped, digest, name] = COREUTILS.exec(line) ?? [];
  if (digest !== undefined && name !== undefined)
    return checksum(digest, escaped ? withoutEscapes(name) : name);
  const [, , bsdName, bsdDigest] = BSD.exec(line) ?? [];
  if (bsdDigest !== undefined && bsdName !== undefined) return checksum(bsdDigest, bsdName);
  return BARE.test(line.trim()) ? checksum(line.trim(), null) : undefined;
}

function checksum(digest: string, name: string | null): Checksum {
  const algorithm = digest.length === 64 ? 'sha256' : 'sha512';
  return { algorithm, digest: digest.toLowerCase(), name };
}

const withoutEscapes = (name: string) =>
  name.replace(/\\([\\nr])/g, (_, letter) => ({ '\\': '\\', n: '\n', r: '\r' })[String(letter)] ?? '');

/**
 * What the checksum file `text` says of the file `name`. A file that holds one digest and nothing else is of any name.
 *
 * @param source What the checksum file is called in errors.
 * @throws ImageError when it says nothing of it, or contradicts itself.
 */
export function findDigests(text: string, name: string, source: string): Digests {
  const all = parseChecksums(text);
  const named = all.filter((line) => line.name !== null && lastPart(line.name) === name);
  const chosen = named.length > 0 ? named : all.filter((line) => line.name === null && all.length === 1);
  const digests: { sha256?: string; sha512?: string } = {};
  for (const { algorithm, digest } of chosen) {
    if ((digests[algorithm] ?? digest) !== digest)
      throw refused(`it has two different checksums of ${JSON.stringify(name)}`, source);
    digests[algorithm] = digest;
  }
  if (chosen.length > 0) return digests;
  const known = [...new Set(all.flatMap((line) => line.name ?? []))];
  const about = known.length > 0 ? `; it has those of ${known.slice(0, 10).join(', ')}` : '';
  throw refused(`it has no SHA-256 or SHA-512 checksum of ${JSON.stringify(name)}${about}`, source);
}

const lastPart = (name: string) => name.split('/').at(-1);
