/** The fixtures as a project has them, on the fake of a machine; each test has a fork of its own. */
import { fakeMachine } from 'jumplead/fake';
import { describe, expect, expectTypeOf } from 'vitest';
import type { SshSession, VirtualPowerHandle } from '../../src/index.ts';
import { machineTest } from '../../src/testing/vitest.ts';

let boots = 0;
const machine = fakeMachine();
const test = machineTest(machine, {
  ready: async (vm) => {
    boots++;
    expectTypeOf(vm.power).toExtend<VirtualPowerHandle>();
    expect(await vm.power.state()).toBe('running');
  },
});

machineTest(fakeMachine(), { ready: 'login' })('a console that asks for a login is ready', async ({ vm }) => {
  await using tty = await vm.console.open({ from: 'boot' });
  await tty.expect(/login: $/);
});

describe('a machine for each test', () => {
  test('that one breaks', async ({ vm }) => {
    await vm.power.off({ mode: 'forced' });
    expect(await vm.power.state()).toBe('off');
  });

  test('is whole in another', async ({ vm, ssh }) => {
    expectTypeOf(ssh).toEqualTypeOf<SshSession>();
    expectTypeOf(vm.console.open).toBeFunction();
    // @ts-expect-error: a machine has no such part
    expectTypeOf(vm.serial).toBeAny();
    expect(await vm.power.state()).toBe('running');
    expect((await ssh.run(['uname', '-r'])).stdout).toBe('6.1.0-fake\n');
  });

  test('and was booted once', () => {
    expect(boots).toBe(1);
  });
});
