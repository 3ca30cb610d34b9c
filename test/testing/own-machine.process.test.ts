/** A machine of a worker's own, on the fake of one. */
import { fakeMachine } from 'jumplead/fake';
import { expect, test } from 'vitest';
import { openOwnMachine } from '../../src/testing/ready-machine.ts';

test('it was saved and is off; its forks run, and whoever wants to keep one is told how', async () => {
  const driver = fakeMachine();
  await using machine = await openOwnMachine(driver, { ready: 'login' });
  expect(driver.children.power.device.state).toBe('off');
  await using fork = await machine.fork();
  expect(await fork.vm.power.state()).toBe('running');
  expect(await fork.keep('a test')).toContain("globalSetup: 'jumplead/vitest/setup'");
});
