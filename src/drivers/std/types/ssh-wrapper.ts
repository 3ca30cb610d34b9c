import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { SshWrapperConfig, sshWrapper } from '../ssh-wrapper.ts';
import { networkChild } from './network-child.ts';

const { defaultUsername, sshCommand, sshIdentity, sshIdentityFile } = SshWrapperConfig.shape;
const PythonConfig = z
  .strictObject({
    default_username: defaultUsername,
    ssh_command: sshCommand,
    ssh_identity: sshIdentity.unwrap().nullish(),
    ssh_identity_file: sshIdentityFile.unwrap().nullish(),
  })
  .refine(({ ssh_identity: text, ssh_identity_file: file }) => !(text && file), {
    path: ['ssh_identity_file'],
    error: 'give either ssh_identity or ssh_identity_file, not both',
  });

const children = { required: ['tcp'] };

/** `ssh-wrapper` in exporter files. */
export const sshWrapperType: DriverType = {
  name: 'ssh-wrapper',
  own: driverForm({
    config: SshWrapperConfig,
    children,
    create: (config, given) => sshWrapper({ ...config, tcp: networkChild(given, 'tcp') }),
  }),
  python: {
    'jumpstarter_driver_ssh.driver.SSHWrapper': driverForm({
      config: PythonConfig,
      children,
      create: (config, given) =>
        sshWrapper({
          defaultUsername: config.default_username,
          sshCommand: config.ssh_command,
          sshIdentity: config.ssh_identity ?? undefined,
          sshIdentityFile: config.ssh_identity_file ?? undefined,
          tcp: networkChild(given, 'tcp'),
        }),
    }),
  },
};
