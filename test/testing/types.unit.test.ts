/** What the fixtures of both runners give, as the compiler sees it: nothing here is run. */
import type { Page } from '@playwright/test';
import type { DisplayHandle, MachineHandle, SshHandle, SshSession, TcpNetworkHandle } from 'jumplead';
import { fakeNetwork } from 'jumplead/fake';
import { machineTest as pageTest } from 'jumplead/playwright';
import { qemu } from 'jumplead/qemu';
import { machineTest } from 'jumplead/vitest';
import { expect, expectTypeOf, test } from 'vitest';

const web = qemu({ forwards: { web: { guestPort: 80 }, api: { guestPort: 8080 } } });
const blind = qemu({ display: 'none', network: 'none' });

/** Never called. */
function inVitest() {
  machineTest(web, { ready: 'login' })('has the parts of its configuration', ({ vm, ssh }) => {
    expectTypeOf(vm).toExtend<MachineHandle & AsyncDisposable>();
    expectTypeOf(vm.web).toExtend<TcpNetworkHandle>();
    expectTypeOf(vm.display).toExtend<DisplayHandle>();
    expectTypeOf(vm.ssh).toExtend<SshHandle>();
    expectTypeOf(ssh).toEqualTypeOf<SshSession>();
    // @ts-expect-error: no such forward
    vm.mail;
  });
  const ready = async (vm: object) => expectTypeOf(vm).toBeObject();
  machineTest(blind, { ready })('and no others', ({ vm }) => {
    // @ts-expect-error: it has no screen
    vm.display;
    // @ts-expect-error: it has no network
    vm.ssh;
    const fork = async () => await vm.fork();
    expectTypeOf(fork).returns.resolves.toExtend<typeof vm>();
  });
  machineTest(web, { ready: (vm) => vm.web.http() }).extend<{ own: number }>({ own: 1 })(
    'extends',
    ({ vm, own }) => {
      expectTypeOf(own).toEqualTypeOf<number>();
      expectTypeOf(vm.api).toExtend<TcpNetworkHandle>();
    },
  );
  // @ts-expect-error: that is no moment
  machineTest(web, { ready: 'prompt' });
  // @ts-expect-error: when it is ready is to be said
  machineTest(web, {});
  // @ts-expect-error: that is no machine
  machineTest(fakeNetwork(), { ready: 'login' });
}

/** Never called. */
function inPlaywright() {
  pageTest(web, { ready: 'login', web: 'api' })('has a page too', async ({ vm, ssh, page, baseURL }) => {
    expectTypeOf(vm.web).toExtend<TcpNetworkHandle>();
    expectTypeOf(ssh).toEqualTypeOf<SshSession>();
    expectTypeOf(page).toEqualTypeOf<Page>();
    expectTypeOf(baseURL).toEqualTypeOf<string | undefined>();
    // @ts-expect-error: no such forward
    vm.mail;
  });
  // @ts-expect-error: no such forward
  pageTest(web, { ready: 'login', web: 'mail' });
  // @ts-expect-error: a screen is no forward
  pageTest(web, { ready: 'login', web: 'vnc' });
  // @ts-expect-error: it has no forwards
  pageTest(blind, { ready: 'login', web: 'web' });
}

test('the fixtures have the types of the machine', () => {
  expect([inVitest, inPlaywright]).toHaveLength(2);
});
