import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { runTool } from '../../../src/core/index.ts';
import { createKeyPair, createMac, createPassword } from '../../../src/drivers/qemu/keys.ts';

test('OpenSSH reads the private key and finds the public one in it', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-keys-'));
  const { privateKey, publicKey } = createKeyPair('user@dut');
  const path = join(folder.path, 'key');
  await writeFile(path, privateKey, { mode: 0o600 });
  const { stdout } = await runTool('ssh-keygen', ['-y', '-f', path]);
  expect(stdout.trim()).toBe(publicKey);
});

test('every key is readable, whatever its bytes', () => {
  for (let count = 0; count < 500; count++) {
    const parsed = ssh2.utils.parseKey(createKeyPair('x'.repeat(count % 9)).privateKey);
    expect(parsed).not.toBeInstanceOf(Error);
  }
});

test('a password has no letters that look alike; an address is one of QEMU', () => {
  expect(createPassword()).toMatch(/^[a-zA-Z2-9]{16}$/);
  expect(createPassword()).not.toMatch(/[oO0iIl1]/);
  expect(createMac()).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
});
