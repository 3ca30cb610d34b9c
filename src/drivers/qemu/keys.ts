import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';

/** A key pair for one machine, in OpenSSH's formats. */
export interface SshKeyPair {
  readonly privateKey: string;
  /** One line, as in `authorized_keys`. */
  readonly publicKey: string;
}

const KIND = 'ssh-ed25519';
/** What the private part is padded to: the block size of no cipher. */
const BLOCK = 8;

/** Makes a new ed25519 key pair. The file format is that of OpenSSH's `PROTOCOL.key`, without a passphrase. */
export function createKeyPair(comment: string): SshKeyPair {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const publicPart = Buffer.concat([field(KIND), field(point)]);
  const check = randomBytes(4);
  const secret = [check, check, publicPart, field(Buffer.concat([seed, point])), field(comment)];
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    // No cipher, no key derivation, one key.
    ...[field('none'), field('none'), field(''), uint32(1)],
    ...[field(publicPart), field(padded(Buffer.concat(secret)))],
  ]);
  return {
    privateKey: [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      ...(file.toString('base64').match(/.{1,70}/g) ?? []),
      '-----END OPENSSH PRIVATE KEY-----\n',
    ].join('\n'),
    publicKey: `${KIND} ${publicPart.toString('base64')} ${comment}`,
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Bytes with their length before them. */
function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** The padding is 1, 2, 3, ... */
function padded(bytes: Buffer): Buffer {
  const missing = (BLOCK - (bytes.length % BLOCK)) % BLOCK;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}

/** Letters and digits that nobody mistakes for others when they have to be typed. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** A password that cannot be guessed (93 bits) and that every keyboard can type. */
export function createPassword(): string {
  return Array.from({ length: 16 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** A network address of QEMU's own range. */
export function createMac(): string {
  return ['52', '54', '00', ...Array.from(randomBytes(3), (byte) => byte.toString(16).padStart(2, '0'))].join(
    ':',
  );
}
