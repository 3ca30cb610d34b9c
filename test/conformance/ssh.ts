import { expect } from 'vitest';
import type { CallOptions, Client, Ssh } from '../../src/interfaces/index.ts';
import { readUntil } from '../drivers/open-driver.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Ssh>;
/** A machine whose ssh server is up. */
export type SshSpecimen = Specimen<Calls>;

const method = methodChecksOf<Calls>();

async function readBanner(calls: Calls, options?: CallOptions): Promise<string> {
  await using channel = await calls.connect(undefined, options);
  return await readUntil(channel, '\n');
}

/** What every driver of `ssh.v1` must do. */
export const sshChecks: readonly Check<SshSpecimen>[] = [
  ...method({
    method: 'connect',
    kind: 'channel',
    call: readBanner,
    expect: (banner) => expect(banner).toMatch(/^SSH-2\.0-/),
    together: 'shared',
    open: (calls) => calls.connect(),
  }),
  ...method({
    method: 'address',
    call: (calls, options) => calls.address(options),
    expect: (address) => expect(address).toMatch(/^tcp:\/\/.+:\d+$/),
    together: 'shared',
  }),
  ...method({
    method: 'identity',
    call: (calls, options) => calls.identity(options),
    expect: ({ username, privateKey, password }) => {
      expect(username).not.toBe('');
      expect([privateKey, password], 'a way to log in').not.toEqual([null, null]);
    },
    together: 'shared',
  }),
];

export const describeSsh = (title: string, open: OpenSpecimen<SshSpecimen>) =>
  describeChecks(title, sshChecks, open);
