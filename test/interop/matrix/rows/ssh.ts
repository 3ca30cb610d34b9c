import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { sshWrapper, tcpNetwork } from '../../../../src/drivers/std/index.ts';
import { SshWrapper, TcpNetwork } from '../../../../src/interfaces/index.ts';
import { openSshHost } from '../../../fixtures/ssh-host.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig(SshWrapper, { tcp: TcpNetwork });

async function typescript({ handle, raw }: TypescriptRun<typeof rig, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_ssh.client.SSHWrapperClient');
  expect(await raw.call('get_default_username')).toBe('tester');
  await using session = await handle.connect();
  expect(await session.run('echo here; exit 3', { reject: false })).toMatchObject({
    stdout: 'here\n',
    exitCode: 3,
  });
  await expect(session.run('exit 3')).rejects.toMatchObject({ code: 'command', exitCode: 3 });
}

async function command({ run }: CommandRun<unknown>) {
  const { exitCode, stdout, stderr } = await run('ssh echo here; exit 3');
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 3, stdout: 'here\n' });
}

/** An ssh server behind a TCP connection, with the key that opens it. */
export const ssh = defineRow({
  name: 'ssh',
  title: 'ssh wrapper',
  rig,
  open: async ({ stack }) => {
    const { port, identity } = stack.use(await openSshHost());
    const tcp = { host: '127.0.0.1', port };
    const [user, key] = [identity.username, identity.privateKey ?? ''];
    return {
      python: {
        type: 'jumpstarter_driver_ssh.driver.SSHWrapper',
        config: { default_username: user, ssh_identity: key },
        children: { tcp: { type: 'jumpstarter_driver_network.driver.TcpNetwork', config: tcp } },
      },
      ours: sshWrapper({ tcp: tcpNetwork(tcp), defaultUsername: user, sshIdentity: key }),
      facts: { user },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'ssh.py',
  jTs: command,
  jlPy: command,
});
