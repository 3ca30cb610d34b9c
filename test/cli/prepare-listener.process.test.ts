import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCert } from '../../src/cli/cert/make-cert.ts';
import { prepareListener } from '../../src/cli/run/prepare-listener.ts';
import { failureOf } from '../support/failure.ts';

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
const file = (name: string) => join(folder.path, name);

beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-listen-'));
  const signal = new AbortController().signal;
  for (const name of ['a', 'b'])
    await makeCert({ names: ['localhost'], days: 1 }, file(name), { force: false, signal });
  await writeFile(file('text'), 'no PEM');
  await writeFile(file('secret'), 'open sesame\n', { mode: 0o600 });
  await writeFile(file('lines'), 'open\nsesame\n');
  await writeFile(file('empty'), '\n');
});
afterAll(() => folder.remove());

const prepare = (options: object, env = {}) =>
  prepareListener({ tlsGrpcListener: '127.0.0.1:1', ...options }, env);
const pair = () => ({ tlsCert: file('a/cert.pem'), tlsKey: file('a/key.pem') });

describe('a certificate and its key', () => {
  test('are what a listener needs', async () => {
    const prepared = await prepare(pair());
    expect(prepared).toMatchObject({ protection: 'TLS, no passphrase', notices: [] });
    expect(prepared?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  test.for([
    ['that is not there', 'none', 'a/key.pem', '--tls-cert: cannot read FOLDER/none: there is no such file'],
    [
      'whose key is not there',
      'a/cert.pem',
      'none',
      '--tls-key: cannot read FOLDER/none: there is no such file',
    ],
    ['that is a folder', 'a', 'a/key.pem', '--tls-cert: cannot read FOLDER/a: it is a folder'],
    ['that is something else', 'text', 'a/key.pem', '--tls-cert: FOLDER/text is no certificate in PEM'],
    [
      'with a key that is something else',
      'a/cert.pem',
      'text',
      '--tls-key: FOLDER/text is no private key in PEM',
    ],
    [
      'with the key of another',
      'a/cert.pem',
      'b/key.pem',
      '--tls-key: FOLDER/b/key.pem is not the key of FOLDER/a/cert.pem',
    ],
  ] as const)('%s', async ([, tlsCert, tlsKey, message]) => {
    const failure = await failureOf(prepare({ tlsCert: file(tlsCert), tlsKey: file(tlsKey) }));
    expect(failure).toMatchObject({ code: 'config', fault: 'caller' });
    expect(String(failure)).toContain(message.replaceAll('FOLDER', folder.path));
    expect(String(failure)).not.toContain('PRIVATE KEY');
  });
});

describe('a passphrase', () => {
  const insecure = { tlsGrpcInsecure: true };
  test('comes from the option, a file or the environment, in this order', async () => {
    const env = { JMP_GRPC_PASSPHRASE: 'from the environment' };
    const given = async (options: object) =>
      (await prepare({ ...insecure, ...options }, env))?.listen.passphrase;
    expect(await given({ passphrase: 'given' })).toBe('given');
    expect(await given({ passphraseFile: file('secret') })).toBe('open sesame');
    expect(await given({})).toBe('from the environment');
    expect((await prepare(insecure))?.listen.passphrase).toBeUndefined();
  });

  test.for([
    ['none', '--passphrase-file: cannot read FOLDER/none: there is no such file'],
    ['lines', '--passphrase-file: a passphrase is one line of printable ASCII'],
    ['empty', '--passphrase-file: a passphrase is one line of printable ASCII'],
  ] as const)('from the file %s is told, and not what is in it', async ([name, message]) => {
    const failure = await failureOf(prepare({ ...insecure, passphraseFile: file(name) }));
    expect(String(failure)).toContain(message.replaceAll('FOLDER', folder.path));
    expect(String(failure)).not.toContain('sesame');
  });

  test('that others can read is said', async () => {
    await chmod(file('secret'), 0o644);
    const prepared = await prepare({ ...insecure, passphraseFile: file('secret') });
    expect(prepared?.notices).toEqual([`others can read ${file('secret')}; chmod 600 ${file('secret')}`]);
  });
});

describe('beyond this host', () => {
  const beyond = (options: object) => prepare({ tlsGrpcListener: '19090', ...options });

  test.for([
    ['without TLS', () => ({ tlsGrpcInsecure: true, passphrase: 'p' })],
    ['without a passphrase', pair],
    ['without either', () => ({ tlsGrpcInsecure: true })],
  ] as const)('%s is refused, with what to do', async ([, options]) => {
    const message = String(await failureOf(beyond(options())));
    expect(message).toContain('0.0.0.0 can be reached from other hosts: ');
    expect(message).toContain('for this host alone: --tls-grpc-listener 127.0.0.1:19090');
    expect(message).toContain('--tls-grpc-insecure --open-to-network');
  });

  test('with both, or when it is said twice, it is listened', async () => {
    expect((await beyond({ ...pair(), passphrase: 'p' }))?.notices).toEqual([]);
    const open = await beyond({ tlsGrpcInsecure: true, openToNetwork: true });
    expect(open?.listen).toMatchObject({ host: '0.0.0.0', insecure: true, openToNetwork: true });
    expect(open?.notices).toEqual([
      '0.0.0.0 is open to the network without TLS: whoever reaches it can use what is served',
    ]);
    const halfOpen = await beyond({ tlsGrpcInsecure: true, openToNetwork: true, passphrase: 'p' });
    expect(halfOpen?.notices).toEqual([
      '0.0.0.0 is open to the network without TLS: the passphrase can be read on the way',
    ]);
  });
});
