import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'jumplead';
import { group } from 'jumplead/driver';
import { expect, test } from 'vitest';
import { openSshHost, sshOf } from '../fixtures/ssh-host.ts';

test('the guide to ssh', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-guide-'));
  const [local, remote] = [import.meta.filename, join(folder.path, 'there')];
  await using host = await openSshHost();
  await using vm = await serve(group({ ssh: sshOf(host) }));
  // #region run
  await using ssh = await vm.ssh.connect({ timeout: '5m' });
  const { stdout } = await ssh.run(['printf', '%s', 'as it is: $HOME']);
  await ssh.run('sort | uniq -c', { stdin: 'b\na\nb\n', env: { LC_ALL: 'C' } });
  // #endregion
  // #region copy
  await ssh.upload(local, remote);
  await ssh.download(remote, `${remote}.back`);
  await using web = await ssh.forward({ guestPort: 80 });
  const url = `http://${web.host}:${web.port}/`;
  // #endregion
  // #region spawn
  await using follow = await ssh.spawn(['tail', '-f', remote]);
  for await (const chunk of follow.stdout) if (Buffer.from(chunk).includes('endregion')) break;
  // #endregion
  expect(stdout).toBe('as it is: $HOME');
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
});
