import { serve } from 'jumplead';
import { fakeMachine } from 'jumplead/fake';
import { expect, test } from 'vitest';

test('the guide to forks', async () => {
  const commands = { 'rm -rf /etc': {} };
  await using vm = await serve(fakeMachine({ ssh: { commands } }));
  await vm.power.on();
  // #region fork
  const { pause } = await vm.snapshots.save('ready');
  console.log(`it stood still for ${pause} ms`);
  {
    await using fork = await vm.fork({ from: 'ready' });
    await using ssh = await fork.ssh.connect();
    await ssh.run(['rm', '-rf', '/etc']); // Nobody else has noticed.
  }
  const [one, other] = await vm.fork({ from: 'ready', count: 2 });
  // #endregion
  expect(await one?.power.state()).toBe('running');
  await other?.power.off();
  expect(await one?.power.state()).toBe('running');
  expect(await vm.power.state()).toBe('running');
  await one?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
  await vm.snapshots.delete('ready');
});
