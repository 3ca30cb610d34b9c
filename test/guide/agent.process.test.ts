import { serve } from 'jumplead';
import { fakeMachine } from 'jumplead/fake';
import { agent } from 'jumplead/wait';
import { expect, test } from 'vitest';

test('the guide to the agent', async () => {
  const commands = { 'systemctl is-system-running': { stdout: 'degraded\n', exitCode: 1 } };
  const machine = fakeMachine({ ssh: { commands } });
  await using vm = await serve(machine);
  await vm.power.on();
  // #region agent
  await vm.waitFor(agent(), { timeout: '10m' });
  const { stdout } = await vm.agent.exec(['uname', '-r']);
  const state = await vm.agent.exec(['systemctl', 'is-system-running'], { reject: false });
  if (state.exitCode !== 0) console.log(`${stdout.trim()}: ${state.stdout}`);
  await vm.agent.setTime(new Date('2038-01-19T03:14:07Z'));
  // #endregion
  expect(state.stdout).toBe('degraded\n');
  expect(machine.device.time?.getUTCFullYear()).toBe(2038);
});
