import { expect, test } from 'vitest';
import { planDirect } from '../../src/cli/shell/direct.ts';
import { planShell, shellEnvironment } from '../../src/cli/shell/plan-shell.ts';

test('each shell gets the prompt in its own way', () => {
  const shells = ['/bin/bash', '/usr/bin/zsh', '/usr/bin/fish', '/bin/dash', undefined];
  expect(shells.map((SHELL) => planShell('local', { SHELL, HOME: '/home/jane' }))).toMatchInlineSnapshot(`
    [
      {
        "args": [
          "--norc",
          "--noprofile",
        ],
        "env": {
          "PS1": "\\[\\e[90m\\]\\W \\[\\e[93m\\]⚡\\[\\e[97m\\]local \\[\\e[93m\\]➤\\[\\e[0m\\] ",
        },
        "program": "/bin/bash",
      },
      {
        "args": [
          "--no-rcs",
          "-o",
          "inc_append_history",
          "-o",
          "share_history",
        ],
        "env": {
          "HISTFILE": "/home/jane/.zsh_history",
          "PS1": "%F{8}%1~ %F{yellow}⚡%F{white}local %F{yellow}➤%f ",
        },
        "program": "/usr/bin/zsh",
      },
      {
        "args": [
          "--init-command",
          "function fish_prompt; set_color grey; printf "%s " (basename $PWD); set_color yellow; printf "⚡"; set_color white; printf "%s " local; set_color yellow; printf "➤ "; set_color normal; end",
        ],
        "env": {},
        "program": "/usr/bin/fish",
      },
      {
        "args": [],
        "env": {},
        "program": "/bin/dash",
      },
      {
        "args": [
          "--norc",
          "--noprofile",
        ],
        "env": {
          "PS1": "\\[\\e[90m\\]\\W \\[\\e[93m\\]⚡\\[\\e[97m\\]local \\[\\e[93m\\]➤\\[\\e[0m\\] ",
        },
        "program": "bash",
      },
    ]
  `);
  expect(planShell('x', { SHELL: 'zsh', HISTFILE: '/h' }).env['HISTFILE']).toBe('/h');
});

test('the environment leads to a device of this host', () => {
  const base = { HOME: '/root', JMP_LEASE: 'old', JMP_GRPC_PASSPHRASE: 'old', JUMPLEAD_FINGERPRINT: 'old' };
  expect(shellEnvironment(base, { host: '/run/socket' })).toEqual({
    HOME: '/root',
    JUMPSTARTER_HOST: '/run/socket',
    JMP_DRIVERS_ALLOW: 'UNSAFE',
    _JMP_SUPPRESS_DRIVER_WARNINGS: '1',
  });
});

test('or to an exporter that listens', () => {
  const open = { insecure: true, passphrase: undefined, fingerprint: undefined, roots: undefined };
  const common = {
    JUMPSTARTER_HOST: 'lab:1',
    JMP_DRIVERS_ALLOW: 'UNSAFE',
    _JMP_SUPPRESS_DRIVER_WARNINGS: '1',
    JMP_EXPORTER: 'direct',
    JMP_LEASE: 'direct',
  };
  expect(shellEnvironment({}, { host: 'lab:1', direct: open })).toEqual({
    ...common,
    JMP_GRPC_INSECURE: '1',
  });
  const pinned = { insecure: false, passphrase: 'p', fingerprint: 'ab', roots: '/run/roots.pem' };
  expect(shellEnvironment({}, { host: 'lab:1', direct: pinned })).toEqual({
    ...common,
    JMP_GRPC_PASSPHRASE: 'p',
    JUMPLEAD_FINGERPRINT: 'ab',
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: '/run/roots.pem',
  });
});

test.for([
  [{ tlsGrpc: 'lab' }, '--tls-grpc: "lab": expected HOST:PORT'],
  [{ tlsGrpc: 'lab:0' }, 'expected HOST:PORT'],
  [{ tlsGrpc: 'lab:1', fingerprint: 'abc' }, '--fingerprint: abc is no SHA-256 in hex'],
  [{ tlsGrpc: 'lab:1', fingerprint: 'ab'.repeat(32), tlsGrpcInsecure: true }, 'there is no certificate'],
  [{ tlsGrpc: 'lab:1', passphrase: 'a', passphraseFile: 'b' }, 'not both'],
  [{ tlsGrpc: 'lab:1', passphrase: 'täglich' }, '--passphrase: a passphrase is one line of printable ASCII'],
  [{ passphrase: 'a' }, '--passphrase: has no meaning without --tls-grpc'],
  [{ passphraseFile: 'a' }, '--passphrase-file: has no meaning without --tls-grpc'],
  [{ fingerprint: 'a' }, '--fingerprint: has no meaning without --tls-grpc'],
  [{ tlsGrpcInsecure: true }, '--tls-grpc-insecure: has no meaning without --tls-grpc'],
] as const)('%j is refused', async ([options, message]) => {
  await expect(planDirect(options, {})).rejects.toThrow(message);
});

test('an address may be in brackets, and a secret in the environment', async () => {
  expect(await planDirect({ tlsGrpc: '[::1]:7' }, { JMP_GRPC_PASSPHRASE: 'p' })).toMatchObject({
    host: '::1',
    port: 7,
    reach: { passphrase: 'p' },
  });
  expect(await planDirect({}, { JMP_GRPC_PASSPHRASE: 'p' })).toBeUndefined();
});
