import { expect } from 'vitest';
import type { Client, SshWrapper, Vnc } from '../../src/interfaces/index.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type VncCalls = Client<typeof Vnc>;
type SshWrapperCalls = Client<typeof SshWrapper>;

/** What every driver of `vnc.v1` must do. */
export const vncChecks: readonly Check<Specimen<VncCalls>>[] = methodChecksOf<VncCalls>()({
  method: 'getDefaultEncrypt',
  call: (calls, options) => calls.getDefaultEncrypt(options),
  expect: (encrypt) => expect(encrypt).toBeTypeOf('boolean'),
  together: 'shared',
});

const method = methodChecksOf<SshWrapperCalls>();

/** What every driver of `ssh-wrapper.v1` must do. */
export const sshWrapperChecks: readonly Check<Specimen<SshWrapperCalls>>[] = [
  ...method({
    method: 'getDefaultUsername',
    call: (calls, options) => calls.getDefaultUsername(options),
    together: 'shared',
  }),
  ...method({
    method: 'getSshCommand',
    call: (calls, options) => calls.getSshCommand(options),
    expect: (command) => expect(command).toMatch(/^\S*ssh( |$)/),
    together: 'shared',
  }),
  ...method({
    method: 'getSshIdentity',
    call: (calls, options) => calls.getSshIdentity(options),
    together: 'shared',
  }),
];

export const describeVnc = (title: string, open: OpenSpecimen<Specimen<VncCalls>>) =>
  describeChecks(title, vncChecks, open);

export const describeSshWrapper = (title: string, open: OpenSpecimen<Specimen<SshWrapperCalls>>) =>
  describeChecks(title, sshWrapperChecks, open);
