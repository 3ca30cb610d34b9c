import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { expect, it } from 'vitest';
import { type FakeSshOptions, fakeSsh } from '../../../src/drivers/fake/index.ts';
import { callContext, openDriver } from '../open-driver.ts';

/** A client of the fake that has logged in with its key. */
async function login(stack: AsyncDisposableStack, options?: FakeSshOptions, login: ConnectConfig = {}) {
  const ssh = fakeSsh(options);
  const node = stack.use(await openDriver(ssh));
  const { username, privateKey } = await node.handlers.identity(callContext());
  const { hostname, port } = new URL(await node.handlers.address(callContext()));
  const client = new ssh2.Client();
  stack.defer(() => void client.destroy());
  client.on('error', () => undefined); // Also after a login that was refused.
  const ready = once(client, 'ready');
  client.connect({ host: hostname, port: Number(port), username, privateKey: privateKey ?? '', ...login });
  await ready;
  return { client, device: ssh.device };
}

async function exec(client: Client, command: string, stdin = '') {
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const exited = once(channel, 'exit');
  channel.end(stdin);
  const [stdout, stderr] = await Promise.all([text(channel), text(channel.stderr)]);
  const [exitCode] = await exited;
  return { stdout, stderr, exitCode };
}

it('is logged into with its key, and plays commands', async () => {
  await using stack = new AsyncDisposableStack();
  const commands = { 'dnf upgrade': { stderr: 'no network\n', exitCode: 3 } };
  const { client, device } = await login(stack, { commands });
  expect(await exec(client, 'uname -r')).toEqual({ stdout: '6.1.0-fake\n', stderr: '', exitCode: 0 });
  expect(await exec(client, 'cat', 'what goes in')).toMatchObject({ stdout: 'what goes in' });
  expect(await exec(client, 'dnf upgrade')).toEqual({ stdout: '', stderr: 'no network\n', exitCode: 3 });
  expect(await exec(client, 'emacs')).toMatchObject({ stderr: 'sh: 1: emacs: not found\n', exitCode: 127 });
  expect(device.commands).toEqual(['uname -r', 'cat', 'dnf upgrade', 'emacs']);
});

it('has a shell that takes a command per line', async () => {
  await using stack = new AsyncDisposableStack();
  const { client } = await login(stack);
  const shell = await new Promise<ClientChannel>((resolve, reject) => {
    client.shell((error, opened) => (error ? reject(error) : resolve(opened)));
  });
  shell.write('uname -r\nexit\n');
  expect(await text(shell)).toBe('6.1.0-fake\n');
});

it('takes a password where it has one', async () => {
  await using stack = new AsyncDisposableStack();
  const byPassword = (password: string) => ({ privateKey: '', password, authHandler: ['password' as const] });
  const { client } = await login(stack, { password: 'open sesame' }, byPassword('open sesame'));
  expect(await exec(client, 'true')).toMatchObject({ exitCode: 0 });
  await expect(login(stack, { password: 'open sesame' }, byPassword('guess'))).rejects.toThrow(
    'All configured authentication methods failed',
  );
  await expect(login(stack, {}, byPassword(''))).rejects.toThrow(
    'All configured authentication methods failed',
  );
});

it('refuses another key', async () => {
  await using stack = new AsyncDisposableStack();
  const other = fakeSsh().device.identity.privateKey;
  await expect(login(stack, {}, { privateKey: other })).rejects.toThrow(
    'All configured authentication methods failed',
  );
});

it('leaves nobody connected when it is unplugged', async () => {
  await using stack = new AsyncDisposableStack();
  const { client, device } = await login(stack);
  const closed = once(client, 'close');
  device.unplug();
  await closed;
});
