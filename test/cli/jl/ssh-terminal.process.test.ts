import { expect, test } from 'vitest';
import { group } from '../../../src/driver/index.ts';
import { openSshHost, sshOf } from '../../fixtures/ssh-host.ts';
import { serveDevice } from './jl.ts';

test('jl ssh logs in on a terminal, and ends as the shell does', async () => {
  await using host = await openSshHost();
  await using served = await serveDevice(group({ ssh: sshOf(host) }));
  await using jl = await served.onTerminal(['ssh']);
  await jl.tty.write('echo "2 + 2 = $((2 + 2))"; exit 5\n');
  await jl.tty.expect('2 + 2 = 4');
  expect(await jl.exited).toBe(5);
});

test('the size of the window is told, at each change', async () => {
  await using host = await openSshHost();
  await using served = await serveDevice(group({ ssh: sshOf(host) }));
  await using jl = await served.onTerminal(['ssh', '-t', '--', 'terminal-sizes']);
  await jl.tty.expect('30x100');
  await jl.resize(40, 120);
  await jl.tty.expect('40x120');
  await jl.tty.write('q');
  expect(await jl.exited).toBe(0);
});
